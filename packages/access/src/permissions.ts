/** What may be done, and which built-in role may do it. */

export const PERMISSIONS = [
  'agent:read',
  'agent:write',
  'agent:publish',
  'design:read',
  'design:run',
  'integration:read',
  'integration:use',
  'integration:manage',
  'webhook:manage',
  'user:read',
  'user:manage',
  'audit:read',
  'tenant:manage',
] as const;

export type Permission = (typeof PERMISSIONS)[number];

/** True for the permissions of this release; roles made by tenants are checked with it. */
export function isPermission(value: string): value is Permission {
  return PERMISSIONS.some((permission) => permission === value);
}

export const BUILT_IN_ROLES = ['OWNER', 'ADMIN', 'EDITOR', 'VIEWER'] as const;

export type BuiltInRole = (typeof BUILT_IN_ROLES)[number];

const VIEWER: readonly Permission[] = ['agent:read', 'design:read', 'integration:read', 'user:read'];
const EDITOR: readonly Permission[] = [
  ...VIEWER,
  'agent:write',
  'agent:publish',
  'design:run',
  'integration:use',
];

/** The permissions of each built-in role. An OWNER may do everything; an ADMIN everything but manage the tenant itself. */
export const ROLE_PERMISSIONS: Readonly<Record<BuiltInRole, readonly Permission[]>> = {
  OWNER: PERMISSIONS,
  ADMIN: PERMISSIONS.filter((permission) => permission !== 'tenant:manage'),
  EDITOR,
  VIEWER,
};
