/** Elements and relationships of an ArchiMate model while it is being drawn up. */
import { invariant } from '@flowgrid/platform';
import { isAllowed } from './allowed-relationships.ts';
import type { ElementType, RelationshipType } from './allowed-relationships.ts';

export interface ArchimateElement {
  readonly id: string;
  readonly type: ElementType;
  readonly name: string;
  readonly documentation: string | null;
  /** Value of the property `Kind`, for what ArchiMate has no element of its own. */
  readonly kind: string | null;
}

export interface ArchimateRelationship {
  readonly id: string;
  readonly type: RelationshipType;
  readonly source: string;
  readonly target: string;
  readonly name: string | null;
  readonly accessType: AccessType | null;
}

export type AccessType = 'Read' | 'Write' | 'ReadWrite';

export interface ModelGraph {
  readonly elements: readonly ArchimateElement[];
  readonly relationships: readonly ArchimateRelationship[];
}

export interface GraphBuilder extends ModelGraph {
  /** `key` is the element's own within its graph, and makes its id: letters, digits and dashes. */
  add(
    key: string,
    element: Pick<ArchimateElement, 'type' | 'name'> & Partial<ArchimateElement>,
  ): ArchimateElement;
  /** Draws nothing when the two are already related so. Throws on what ArchiMate does not allow. */
  relate(
    source: ArchimateElement,
    type: RelationshipType,
    target: ArchimateElement,
    details?: { readonly name?: string | null; readonly accessType?: AccessType },
  ): void;
}

/** `prefix` keeps the ids of models apart that are imported into one file. */
export function createGraph(prefix: string): GraphBuilder {
  const elements: ArchimateElement[] = [];
  const relationships: ArchimateRelationship[] = [];
  const drawn = new Set<string>();
  return {
    elements,
    relationships,
    add(key, { type, name, documentation = null, kind = null }) {
      const element = { id: `${prefix}-${key}`, type, name, documentation, kind };
      elements.push(element);
      return element;
    },
    relate(source, type, target, { name = null, accessType } = {}) {
      const isValid = isAllowed(source.type, type, target.type);
      invariant(isValid, `ArchiMate does not allow ${source.type} ${type} ${target.type}`);
      const key = `${source.id} ${type} ${target.id}`;
      if (source.id === target.id || drawn.has(key)) return;
      drawn.add(key);
      const id = `${prefix}-relation-${relationships.length + 1}`;
      relationships.push({
        id,
        type,
        source: source.id,
        target: target.id,
        name,
        accessType: accessType ?? null,
      });
    },
  };
}
