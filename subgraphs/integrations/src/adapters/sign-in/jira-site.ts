/** Where the API of a Jira Cloud site is for those who signed in by OAuth. */
import type { OutboundFetch } from '@flowgrid/outbound';
import { z } from 'zod';
import { below, requestJson } from '../json-request.ts';

const sitesSchema = z.array(z.object({ id: z.string().regex(/^[\w-]{1,100}$/), url: z.string() }));
const EXPECTED = { system: 'Jira', notFoundHint: 'Check the address.', schema: sitesSchema };

/**
 * Null when whoever signed in has no access to the site.
 * @throws ConnectorError or OutboundError
 */
export async function findJiraApiUrl(
  fetch: OutboundFetch,
  site: { readonly baseUrl: string; readonly apiHost: string; readonly accessToken: string },
  signal: AbortSignal,
): Promise<string | null> {
  const sites = await requestJson(
    fetch,
    {
      url: below(site.apiHost, 'oauth/token/accessible-resources'),
      headers: { authorization: `Bearer ${site.accessToken}` },
      signal,
    },
    EXPECTED,
  );
  const wanted = originOf(site.baseUrl);
  const found = sites.find(({ url }) => originOf(url) === wanted);
  return found ? below(site.apiHost, `ex/jira/${found.id}`).href : null;
}

function originOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).origin : null;
}
