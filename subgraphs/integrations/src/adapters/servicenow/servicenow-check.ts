/** Who the user of a ServiceNow instance is, and what their roles allow. */
import { z } from 'zod';
import { ConnectorError, toLogin } from '../connector-error.ts';
import type { Capability, CapabilityCheck, ConnectionCheck } from '../connector.ts';
import { field, readRows, type ServiceNowCall } from './servicenow-request.ts';

const userSchema = z.object({ user_name: field });
const roleSchema = z.object({ 'role.name': field });
const anySchema = z.object({});

/** The instance evaluates the function. */
const SELF = 'javascript:gs.getUserID()';
/** They may work on tickets, as ServiceNow delivers its access controls. */
const AGENT_ROLES = ['admin', 'itil', 'itil_admin', 'sn_incident_write', 'sn_customerservice_agent'];
const READER_ROLES = [...AGENT_ROLES, 'sn_incident_read'];
/** They say how somebody signs in or what they read, and let nothing be written. */
const ROLES_WITHOUT_WRITING =
  /^(?:snc_(?:internal|external|platform_rest_api_access|required_.*)|sn_incident_read)$/;
const MAX_ROLES = 500;
const GRANT_READ =
  'Grant the role itil, or read access to the table task, and snc_platform_rest_api_access where the instance asks for it.';
const GRANT_WRITE = 'Grant the role itil, or sn_incident_write for incidents alone.';

type Reading = 'YES' | 'NO' | 'EMPTY';

export async function checkServiceNow(
  call: ServiceNowCall,
  capabilities: readonly Capability[],
): Promise<ConnectionCheck> {
  const [user] = await readOwn(call);
  const [reading, roles] = await Promise.all([readAny(call), readRoles(call)]);
  if (user === undefined && reading === 'NO') {
    throw new ConnectorError(`ServiceNow knows the credential and forbids this (403). ${GRANT_READ}`, {
      status: 403,
    });
  }
  return {
    // A user who may sign in and not read users sees an empty list: the sign-in itself succeeded.
    login: toLogin(user?.user_name.value || (call.connection.knownLogin ?? '')),
    permissions: roles ?? [],
    capabilities: capabilities.map((capability) => checkOne(capability, reading, roles)),
  };
}

function checkOne(
  capability: Capability,
  reading: Reading,
  roles: readonly string[] | null,
): CapabilityCheck {
  const hasRole = (known: readonly string[]): boolean => roles?.some((role) => known.includes(role)) ?? false;
  const isRead = capability === 'READ_ITEMS' || capability === 'SYNC';
  const isAllowed = isRead
    ? reading === 'YES' || (reading === 'EMPTY' && hasRole(READER_ROLES))
    : reading !== 'NO' && hasRole(AGENT_ROLES);
  if (isAllowed) return { capability, status: 'AVAILABLE', missing: null };
  const missing = isRead || reading === 'NO' ? GRANT_READ : GRANT_WRITE;
  // Roles of the company's own making may allow it: that shows when it is tried.
  const mayBeAllowed = roles === null || roles.some((role) => !ROLES_WITHOUT_WRITING.test(role));
  const isMissing = reading === 'NO' || !mayBeAllowed;
  return { capability, status: isMissing ? 'MISSING' : 'UNKNOWN', missing };
}

async function readOwn(call: ServiceNowCall): Promise<readonly z.output<typeof userSchema>[]> {
  const parameters = { sysparm_limit: '1', sysparm_fields: 'user_name', sysparm_query: `sys_id=${SELF}` };
  return (await orNothing(readRows(call, { table: 'sys_user', parameters }, userSchema), [403]))?.rows ?? [];
}

/** Whether tickets are read: of the table of all of them, or of incidents alone. */
async function readAny(call: ServiceNowCall): Promise<Reading> {
  const parameters = { sysparm_limit: '1', sysparm_fields: 'sys_id' };
  let reading: Reading = 'NO';
  for (const table of ['task', 'incident']) {
    const page = await orNothing(readRows(call, { table, parameters }, anySchema), [403, 404]);
    if (page !== null && page.rows.length > 0) return 'YES';
    // With a count and no rows, all of them are hidden.
    if (page !== null && (page.total ?? 0) === 0) reading = 'EMPTY';
  }
  return reading;
}

/** Null where the user may not read them. */
async function readRoles(call: ServiceNowCall): Promise<readonly string[] | null> {
  const parameters = {
    sysparm_query: `user=${SELF}^state=active`,
    sysparm_fields: 'role.name',
    sysparm_limit: String(MAX_ROLES),
  };
  const page = await orNothing(
    readRows(call, { table: 'sys_user_has_role', parameters }, roleSchema),
    [403, 404],
  );
  // Whoever signs in has some role: where none is seen, they are not shown.
  if (page === null || page.rows.length === 0) return null;
  const names = page.rows.map((row) => toLogin(row['role.name'].value)).filter((name) => name !== '');
  return [...new Set(names)].toSorted();
}

/** Null where one of these statuses says that this is not shown; everything else is no answer to the question. */
async function orNothing<Result>(work: Promise<Result>, statuses: readonly number[]): Promise<Result | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ConnectorError && error.status !== null && statuses.includes(error.status))
      return null;
    throw error;
  }
}
