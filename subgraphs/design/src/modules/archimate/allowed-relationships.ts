/** Which relationships ArchiMate 3.1 allows between the elements that Flowgrid's models use. The schema does not check them. */

export type RelationshipType =
  | 'Access'
  | 'Assignment'
  | 'Composition'
  | 'Realization'
  | 'Serving'
  | 'Triggering';

export type ElementType =
  | 'AndJunction'
  | 'ApplicationComponent'
  | 'ApplicationProcess'
  | 'ApplicationService'
  | 'Artifact'
  | 'BusinessActor'
  | 'BusinessEvent'
  | 'BusinessProcess'
  | 'BusinessRole'
  | 'DataObject'
  | 'OrJunction'
  | 'Requirement';

/** `source relationship target`, one for each that the generator draws. */
const ALLOWED: ReadonlySet<string> = new Set([
  'AndJunction Triggering AndJunction',
  'AndJunction Triggering BusinessProcess',
  'AndJunction Triggering OrJunction',
  'ApplicationComponent Assignment ApplicationProcess',
  'ApplicationComponent Realization ApplicationService',
  'ApplicationComponent Realization Requirement',
  'ApplicationProcess Access DataObject',
  'ApplicationProcess Realization ApplicationService',
  'ApplicationProcess Realization BusinessProcess',
  'ApplicationService Serving ApplicationComponent',
  'ApplicationService Serving BusinessActor',
  'ApplicationService Serving BusinessProcess',
  'ApplicationService Serving BusinessRole',
  'Artifact Realization ApplicationComponent',
  'BusinessActor Assignment BusinessProcess',
  'BusinessEvent Triggering BusinessProcess',
  'BusinessProcess Access DataObject',
  'BusinessProcess Composition BusinessProcess',
  'BusinessProcess Triggering AndJunction',
  'BusinessProcess Triggering BusinessProcess',
  'BusinessProcess Triggering OrJunction',
  'BusinessRole Assignment BusinessProcess',
  'OrJunction Triggering AndJunction',
  'OrJunction Triggering BusinessProcess',
  'OrJunction Triggering OrJunction',
]);

export function isAllowed(source: ElementType, relationship: RelationshipType, target: ElementType): boolean {
  return ALLOWED.has(`${source} ${relationship} ${target}`);
}
