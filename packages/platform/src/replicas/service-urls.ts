/** The addresses of one service in an environment variable: one, or several replicas separated by commas. */
import { z } from 'zod';

/** Base addresses without a slash at the end; at least one. */
export type ServiceUrls = readonly string[];

/** Variables that name a service: `http://auth:3002` or `http://auth-1:3002,http://auth-2:3002`. */
export const serviceUrls = z.string().transform((text, context): ServiceUrls => {
  const parts = text.split(',').map((part) => part.trim());
  const addresses = parts.map(readAddress);
  const problem = findProblem(parts, addresses);
  if (problem === undefined) return addresses.flatMap((url) => (url ? [toBase(url)] : []));
  context.addIssue(problem);
  return z.NEVER;
});

function readAddress(text: string): URL | null {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.host !== '' ? url : null;
}

/** Says which of several addresses is wrong, and not what it is: it may hold a password. */
function findProblem(parts: readonly string[], addresses: readonly (URL | null)[]): string | undefined {
  const wrong = addresses.indexOf(null);
  if (wrong >= 0) {
    const which = parts.length === 1 ? '' : ` (number ${wrong + 1} of ${parts.length} is not)`;
    return `must be an http or https address, or several separated by commas${which}`;
  }
  const urls = addresses.flatMap((url) => (url ? [url] : []));
  if (urls.some(({ username, password, search, hash }) => username + password + search + hash !== '')) {
    return 'must be addresses without a user, a query and a fragment';
  }
  const bases = urls.map(toBase);
  if (new Set(bases).size < bases.length) return 'names an address twice';
  if (new Set(urls.map(({ pathname }) => pathname.replace(/\/+$/, ''))).size > 1) {
    return 'must be addresses with the same path: they are replicas of one service';
  }
  return undefined;
}

function toBase({ origin, pathname }: URL): string {
  return `${origin}${pathname.replace(/\/+$/, '')}`;
}
