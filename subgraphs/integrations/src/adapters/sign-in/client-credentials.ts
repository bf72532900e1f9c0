/** OAuth 2.0 client credentials at a ServiceNow instance. */
import type { OutboundFetch } from '@flowgrid/outbound';
import { z } from 'zod';
import { below, requestJson } from '../json-request.ts';
import { SERVICENOW } from '../servicenow/servicenow-request.ts';
import type { SignIn } from './sign-in.ts';

const tokenSchema = z.object({ access_token: z.string().regex(/^[\u0021-\u007e]+$/) });

export function clientCredentialsSignIn(
  fetch: OutboundFetch,
  client: { readonly baseUrl: string; readonly clientId: string; readonly clientSecret: string },
): SignIn {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: client.clientId,
    client_secret: client.clientSecret,
  });
  let current: string | null = null;
  const request = async (signal: AbortSignal): Promise<string> => {
    const { access_token: token } = await requestJson(
      fetch,
      {
        url: below(client.baseUrl, 'oauth_token.do'),
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
        signal,
      },
      { ...SERVICENOW, schema: tokenSchema },
    );
    current = `Bearer ${token}`;
    return current;
  };
  return {
    authorize: async (signal) => current ?? request(signal),
    renew: async (refused, signal) => {
      if (current === refused) await request(signal);
      return true;
    },
  };
}
