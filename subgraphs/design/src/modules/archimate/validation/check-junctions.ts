/** Junctions join relationships of one type, and something leads to them and from them. */
import { nameOf } from '../language/archimate-model.ts';
import type { ArchimateModel } from '../language/archimate-model.ts';
import { isJunction } from '../language/concepts.ts';
import type { RelationshipType } from '../language/relationship-types.ts';
import type { FindingList } from './finding-list.ts';

interface Joined {
  readonly types: Set<RelationshipType>;
  incoming: number;
  outgoing: number;
}

export function checkJunctions(model: ArchimateModel, findings: FindingList): void {
  const junctions = model.elements.filter(({ type }) => isJunction(type));
  const joined = new Map<string, Joined>(
    junctions.map(({ id }) => [id, { types: new Set(), incoming: 0, outgoing: 0 }]),
  );
  for (const { type, sourceId, targetId } of model.relationships) {
    const left = joined.get(sourceId);
    const reached = joined.get(targetId);
    if (left !== undefined) {
      left.types.add(type);
      left.outgoing += 1;
    }
    if (reached !== undefined) {
      reached.types.add(type);
      reached.incoming += 1;
    }
  }
  for (const junction of junctions) {
    const { types, incoming, outgoing } = joined.get(junction.id) ?? {
      types: new Set(),
      incoming: 0,
      outgoing: 0,
    };
    const of = { elementId: junction.id, elementName: nameOf(junction) || junction.type };
    if (types.size > 1) {
      findings.add({
        severity: 'WARNING',
        code: 'JUNCTION_MIXED',
        ...of,
        rule: 'All relationships that a junction joins are of the same type.',
        message: `It joins ${[...types].toSorted().join(', ')}.`,
        mend: 'Use one junction for each type.',
      });
    }
    if (incoming === 0 || outgoing === 0) {
      const missing =
        incoming === 0 && outgoing === 0 ? 'to it or from it' : incoming === 0 ? 'to it' : 'from it';
      findings.add({
        severity: 'WARNING',
        code: 'JUNCTION_OPEN',
        ...of,
        rule: 'A junction has at least one relationship that leads to it and one that leads from it.',
        message: `No relationship leads ${missing}.`,
        mend: 'Draw the missing relationship, or remove the junction.',
      });
    }
  }
}
