/** What native files of Archi call things, as the exchange format calls them. */
import { isElementType } from '../language/concepts.ts';
import type { ElementType } from '../language/concepts.ts';
import { isRelationshipType } from '../language/relationship-types.ts';
import type { AccessType, RelationshipType } from '../language/relationship-types.ts';

const RELATIONSHIP_SUFFIX = 'Relationship';

export function toRelationshipType(type: string): RelationshipType | null {
  if (!type.endsWith(RELATIONSHIP_SUFFIX)) return null;
  const name = type.slice(0, -RELATIONSHIP_SUFFIX.length);
  return isRelationshipType(name) ? name : null;
}

export const isRelationshipName = (type: string): boolean => type.endsWith(RELATIONSHIP_SUFFIX);

/** `kind` is the attribute `type` of a junction. */
export function toElementType(type: string, kind: string | null): ElementType | null {
  if (type === 'Junction') return kind === 'or' ? 'OrJunction' : 'AndJunction';
  return isElementType(type) ? type : null;
}

/** By number; what is left out is 0. */
const ACCESS: readonly AccessType[] = ['Write', 'Read', 'Access', 'ReadWrite'];

export const toAccessType = (number: string | null): AccessType => ACCESS[Number(number ?? 0)] ?? 'Access';

const VIEWPOINTS: ReadonlyMap<string, string> = new Map([
  ['organization', 'Organization'],
  ['application_platform', 'Application Platform'],
  ['application_structure', 'Application Structure'],
  ['information_structure', 'Information Structure'],
  ['technology', 'Technology'],
  ['layered', 'Layered'],
  ['physical', 'Physical'],
  ['product', 'Product'],
  ['application_usage', 'Application Usage'],
  ['technology_usage', 'Technology Usage'],
  ['business_process_cooperation', 'Business Process Cooperation'],
  ['application_cooperation', 'Application Cooperation'],
  ['service_realization', 'Service Realization'],
  ['implementation_deployment', 'Implementation and Deployment'],
  ['goal_realization', 'Goal Realization'],
  ['goal_contribution', 'Goal Contribution'],
  ['principles', 'Principles'],
  ['requirements_realization', 'Requirements Realization'],
  ['motivation', 'Motivation'],
  ['strategy', 'Strategy'],
  ['capability', 'Capability Map'],
  ['outcome_realization', 'Outcome Realization'],
  ['resource', 'Resource Map'],
  ['value_stream', 'Value Stream'],
  ['project', 'Project'],
  ['migration', 'Migration'],
  ['implementation_migration', 'Implementation and Migration'],
  ['stakeholder', 'Stakeholder'],
]);

/** Numbers, as files of earlier versions have them, name nothing here. */
export function toViewpoint(name: string | null): string | null {
  if (name === null || name === '') return null;
  return VIEWPOINTS.get(name) ?? (/^\d+$/.test(name) ? null : name);
}
