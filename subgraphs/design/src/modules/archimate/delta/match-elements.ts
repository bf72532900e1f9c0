/** Which elements of a design are in an imported model already. */
import { nameOf } from '../language/archimate-model.ts';
import type { ArchimateElement, ArchimateModel } from '../language/archimate-model.ts';
import { isJunction } from '../language/concepts.ts';
import { AGENT_PROPERTY } from '../drawing/graph.ts';

/** An element of the imported model that stands for an agent of the design. */
export interface DeltaLink {
  readonly elementId: string;
  /** Key of the agent within the design. */
  readonly agentKey: string;
}

export type MatchedBy = 'LINK' | 'IDENTIFIER' | 'NAME';

export interface Match {
  readonly imported: ArchimateElement;
  readonly drawn: ArchimateElement;
  readonly matchedBy: MatchedBy;
}

/** By the ids of the drawn elements. A link counts more than an id, and that more than type and name. */
export function matchElements(
  imported: ArchimateModel,
  drawn: ArchimateModel,
  links: readonly DeltaLink[],
): ReadonlyMap<string, Match> {
  const matches = new Map<string, Match>();
  const taken = new Set<string>();
  const match = (from: ArchimateElement, to: ArchimateElement | undefined, matchedBy: MatchedBy): void => {
    if (to === undefined || taken.has(to.id) || matches.has(from.id)) return;
    taken.add(to.id);
    matches.set(from.id, { imported: to, drawn: from, matchedBy });
  };
  const byId = new Map(imported.elements.map((element) => [element.id, element]));
  for (const { elementId, agentKey } of links) {
    const element = byId.get(elementId);
    const own = drawn.elements.find(
      (one) => one.type === element?.type && keyOf(one) === agentKey && !matches.has(one.id),
    );
    if (own !== undefined) match(own, element, 'LINK');
  }
  for (const element of drawn.elements) {
    const same = byId.get(element.id);
    if (same?.type === element.type) match(element, same, 'IDENTIFIER');
  }
  const byName = new Map<string, ArchimateElement[]>();
  for (const element of imported.elements) {
    const key = identityOf(element);
    if (key === null) continue;
    const same = byName.get(key);
    if (same === undefined) byName.set(key, [element]);
    else same.push(element);
  }
  for (const element of drawn.elements) {
    const key = identityOf(element);
    const free = key === null ? undefined : byName.get(key)?.find(({ id }) => !taken.has(id));
    match(element, free, 'NAME');
  }
  return matches;
}

function keyOf({ properties }: ArchimateElement): string | null {
  const property = properties.find(({ definitionId }) => definitionId.endsWith(AGENT_PROPERTY));
  return property?.values[0]?.text ?? null;
}

/** Junctions are told apart by what they join, not by a name. */
function identityOf(element: ArchimateElement): string | null {
  const name = nameOf(element).toLowerCase();
  return name === '' || isJunction(element.type) ? null : `${element.type} ${name}`;
}
