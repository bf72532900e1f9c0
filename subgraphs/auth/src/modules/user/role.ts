import { BUILT_IN_ROLES, ROLE_PERMISSIONS, type BuiltInRole, type Permission } from '@flowgrid/access';

export interface Role {
  readonly name: string;
  readonly description: string;
  readonly permissions: readonly Permission[];
  readonly isBuiltIn: boolean;
}

const DESCRIPTIONS: Readonly<Record<BuiltInRole, string>> = {
  OWNER: 'Does everything, the tenant itself included.',
  ADMIN: 'Manages users, integrations and agents.',
  EDITOR: 'Designs, changes and publishes agents.',
  VIEWER: 'Looks at everything and changes nothing.',
};

const ROLES: readonly Role[] = BUILT_IN_ROLES.map((name) => ({
  name,
  description: DESCRIPTIONS[name],
  permissions: ROLE_PERMISSIONS[name],
  isBuiltIn: true,
}));

export function listRoles(): readonly Role[] {
  return ROLES;
}

/** The roles of these names, most powerful first. A name of no role gives nothing. */
export function rolesNamed(names: readonly string[]): readonly Role[] {
  return ROLES.filter(({ name }) => names.includes(name));
}

/** What holders of these roles may do, each permission once. */
export function permissionsOf(roleNames: readonly string[]): readonly Permission[] {
  return [...new Set(rolesNamed(roleNames).flatMap(({ permissions }) => permissions))];
}
