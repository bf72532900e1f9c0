/** A ServiceNow instance, by its Table API; a client signs in by OAuth 2.0 client credentials first. */
import { z } from 'zod';
import type { CredentialOf } from '../../modules/integration/credential.ts';
import { toLogin, type Connection, type Connector } from '../connector.ts';
import { basicAuthorization, below, forConnection, requestJson } from '../json-request.ts';
import {
  SERVICENOW,
  findServiceNowTask,
  listServiceNowTasks,
  type ServiceNowCall,
} from './servicenow-tasks.ts';
import type { OutboundFetch } from '@flowgrid/outbound';

const EXPECTED = SERVICENOW;
const usersSchema = z.object({ result: z.array(z.object({ user_name: z.string().optional() })) });
const tokenSchema = z.object({ access_token: z.string().regex(/^[\u0021-\u007e]+$/) });

/** The row of whoever is signed in; the instance evaluates the function. */
const OWN_USER =
  'sysparm_limit=1&sysparm_fields=user_name&sysparm_query=sys_id%3Djavascript%3Ags.getUserID()';

export function createServiceNowConnector(fetch: OutboundFetch): Connector<'SERVICENOW'> {
  return {
    identify: async ({ id, baseUrl, credential }, signal) => {
      const own = forConnection(fetch, id);
      const authorization = await authorize(own, { baseUrl, credential, signal });
      const { result } = await requestJson(
        own,
        { url: below(baseUrl, `api/now/table/sys_user?${OWN_USER}`), headers: { authorization }, signal },
        { ...EXPECTED, schema: usersSchema },
      );
      const known = 'username' in credential ? credential.username : credential.clientId;
      // A user who may sign in and not read users sees an empty list: the sign-in itself succeeded.
      return { login: toLogin(result[0]?.user_name || known), permissions: [] };
    },
    listItems: async (connection, query, signal) =>
      listServiceNowTasks(await callOf(connection, signal), query),
    findItem: async (connection, key, signal) => findServiceNowTask(await callOf(connection, signal), key),
  };

  async function callOf(
    { id, baseUrl, credential }: Connection<'SERVICENOW'>,
    signal: AbortSignal,
  ): Promise<ServiceNowCall> {
    const own = forConnection(fetch, id);
    return {
      fetch: own,
      baseUrl,
      authorization: await authorize(own, { baseUrl, credential, signal }),
      signal,
    };
  }
}

async function authorize(
  fetch: OutboundFetch,
  connection: { baseUrl: string; credential: CredentialOf<'SERVICENOW'>; signal: AbortSignal },
): Promise<string> {
  const { baseUrl, credential, signal } = connection;
  if ('username' in credential) return basicAuthorization(credential.username, credential.password);
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: credential.clientId,
    client_secret: credential.clientSecret,
  });
  const { access_token: token } = await requestJson(
    fetch,
    {
      url: below(baseUrl, 'oauth_token.do'),
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
      signal,
    },
    { ...EXPECTED, schema: tokenSchema },
  );
  return `Bearer ${token}`;
}
