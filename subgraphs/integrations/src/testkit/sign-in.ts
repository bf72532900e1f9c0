/** How a connection signs in by its credential alone, without what a service stores. */
import type { OutboundFetch } from '@flowgrid/outbound';
import { systemClock } from '@flowgrid/platform';
import type { SignIn } from '../adapters/sign-in/sign-in.ts';
import { SignIns } from '../modules/authorization/sign-ins.ts';
import type { Credential } from '../modules/credential/credential.ts';

const nothingKept = (): Promise<never> => Promise.reject(new Error('nothing is stored here'));

export function signInBy(stored: {
  readonly baseUrl: string;
  readonly credential: Credential;
}): (fetch: OutboundFetch) => SignIn {
  const signIns = new SignIns({
    keeper: { accessToken: nothingKept, renewedToken: nothingKept },
    clock: systemClock,
    hosts: {
      atlassianAuthUrl: stored.baseUrl,
      atlassianApiUrl: stored.baseUrl,
      githubAuthUrl: stored.baseUrl,
    },
  });
  const place = { tenantId: 'tenant', integrationId: 'integration', connectionRevision: 1 };
  return (fetch) => signIns.open(fetch, { ...place, ...stored });
}
