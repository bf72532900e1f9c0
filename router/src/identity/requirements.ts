/** What a viewer must have for a field: `@requiresScopes` and `@authenticated` of the supergraph, per type and field. */
import {
  Kind,
  getNamedType,
  isInterfaceType,
  isObjectType,
  valueFromASTUntyped,
  type DirectiveNode,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';

/** Scopes of which all are needed. */
type ScopeSet = readonly string[];

export interface Requirement {
  /** Each entry is satisfied by any one of its sets; all entries must be satisfied. */
  readonly scopes: readonly (readonly ScopeSet[])[];
  readonly authenticated: boolean;
}

/** Requirement by `Type.field`; fields that are open to everyone are absent. */
export type Requirements = ReadonlyMap<string, Requirement>;

/** The part of a viewer that requirements look at. */
export interface ScopeHolder {
  readonly permissions: ReadonlySet<string>;
  readonly anonymous: boolean;
}

interface DirectiveNames {
  readonly scopes: string | undefined;
  readonly authenticated: string | undefined;
}

/**
 * Collects the requirements of every field that clients can select. A field of an interface demands what each
 * implementation demands: which of them it will be is not known before the data is there.
 */
export function readRequirements(
  supergraph: DocumentNode,
  schema: GraphQLSchema,
  names: DirectiveNames,
): Requirements {
  const own = readOwn(supergraph, names);
  const result = new Map<string, Requirement>();
  if (own.size === 0) return result;
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    const implementations = isInterfaceType(type) ? schema.getImplementations(type).objects : [];
    for (const field of Object.keys(type.getFields())) {
      const parts = [type, ...implementations].flatMap((owner) => {
        const definition = owner.getFields()[field];
        const returned = definition === undefined ? [] : [getNamedType(definition.type).name];
        return [owner.name, `${owner.name}.${field}`, ...returned].flatMap((key) => own.get(key) ?? []);
      });
      if (parts.length > 0) result.set(`${type.name}.${field}`, combine(parts));
    }
  }
  return result;
}

export function isSatisfied(requirement: Requirement, viewer: ScopeHolder): boolean {
  if (requirement.authenticated && viewer.anonymous) return false;
  return requirement.scopes.every((choice) =>
    choice.some((set) => set.every((scope) => viewer.permissions.has(scope))),
  );
}

function combine(parts: readonly Requirement[]): Requirement {
  return {
    scopes: parts.flatMap((part) => part.scopes),
    authenticated: parts.some((part) => part.authenticated),
  };
}

/** Requirements as they are written: by type name and by `Type.field`. */
function readOwn(supergraph: DocumentNode, names: DirectiveNames): Map<string, Requirement> {
  const own = new Map<string, Requirement>();
  const add = (key: string, directives: readonly DirectiveNode[] | undefined): void => {
    const requirement = toRequirement(directives ?? [], names);
    if (requirement) own.set(key, requirement);
  };
  for (const definition of supergraph.definitions) {
    if (!('name' in definition) || !definition.name) continue;
    const name = definition.name.value;
    if (definition.kind !== Kind.DIRECTIVE_DEFINITION) add(name, definition.directives);
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION)
      continue;
    for (const field of definition.fields ?? []) add(`${name}.${field.name.value}`, field.directives);
  }
  return own;
}

function toRequirement(directives: readonly DirectiveNode[], names: DirectiveNames): Requirement | undefined {
  const scopes = directives
    .filter((directive) => directive.name.value === names.scopes)
    .map((directive) => {
      const argument = directive.arguments?.find((candidate) => candidate.name.value === 'scopes');
      return toScopeSets(argument === undefined ? [] : valueFromASTUntyped(argument.value));
    });
  const authenticated = directives.some((directive) => directive.name.value === names.authenticated);
  return scopes.length > 0 || authenticated ? { scopes, authenticated } : undefined;
}

function toScopeSets(value: unknown): ScopeSet[] {
  if (!Array.isArray(value)) return [];
  return value.map((set: unknown) => (Array.isArray(set) ? set.map(String) : [String(set)]));
}
