/** A ServiceNow instance, by its Table API. */
import { z } from 'zod';
import { toLogin } from '../connector-error.ts';
import type { Connector } from '../connector.ts';
import { below, requestJson } from '../json-request.ts';
import { SERVICENOW, findServiceNowTask, listServiceNowTasks } from './servicenow-tasks.ts';

const usersSchema = z.object({ result: z.array(z.object({ user_name: z.string().optional() })) });
/** The row of whoever is signed in; the instance evaluates the function. */
const OWN_USER =
  'sysparm_limit=1&sysparm_fields=user_name&sysparm_query=sys_id%3Djavascript%3Ags.getUserID()';

export function createServiceNowConnector(): Pick<
  Connector,
  'capabilities' | 'check' | 'listItems' | 'findItem'
> {
  return {
    capabilities: ['READ_ITEMS'],
    check: async ({ fetch, apiUrl, knownLogin }, signal) => {
      const { result } = await requestJson(
        fetch,
        { url: below(apiUrl, `api/now/table/sys_user?${OWN_USER}`), signal },
        { ...SERVICENOW, schema: usersSchema },
      );
      // A user who may sign in and not read users sees an empty list: the sign-in itself succeeded.
      const login = toLogin(result[0]?.user_name || (knownLogin ?? ''));
      return { login, permissions: [], capabilities: [] };
    },
    listItems: (connection, query, signal) => listServiceNowTasks({ connection, signal }, query),
    findItem: (connection, key, signal) => findServiceNowTask({ connection, signal }, key),
  };
}
