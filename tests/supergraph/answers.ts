/** Requests that a GraphQL client would never send, and a look at what the answer gives away. */
import { expect } from 'vitest';
import { PROCESS_NAMES } from '../../local/src/index.ts';
import { sharedPlatform } from '../testkit/shared-platform.ts';

export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

export interface RawAnswer {
  readonly status: number;
  readonly text: string;
  readonly codes: readonly string[];
}

export const JSON_TYPE = { 'content-type': 'application/json' };

/** Sends anything to any address of the platform. */
export async function send(
  url: string,
  { method = 'POST', headers = JSON_TYPE, body }: RawRequest,
): Promise<RawAnswer> {
  const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
  const text = await response.text();
  return { status: response.status, text, codes: codesIn(text) };
}

function codesIn(text: string): readonly string[] {
  try {
    const body = JSON.parse(text) as { errors?: { extensions?: { code?: string } }[] };
    return (body.errors ?? []).map(({ extensions }) => extensions?.code ?? 'NO_CODE');
  } catch {
    // A test that expects codes sees that there are none.
    return [];
  }
}

/** What no client may ever read: stacks, files, other processes, the database. */
const INSIDE =
  /\n\s+at |\.[cm]?[jt]s:\d+|node_modules|stacktrace|ECONN|ENOTFOUND|prisma|postgres|\.internal\b|127\.0\.0\.1|"query":|did you mean/i;

export function expectNothingOfTheInside(text: string): void {
  const { url, database } = sharedPlatform();
  const ports = PROCESS_NAMES.filter((name) => name !== 'router').map((name) => new URL(url(name)).host);
  for (const secret of [...ports, database.name, process.cwd()]) expect(text).not.toContain(secret);
  expect(text).not.toMatch(INSIDE);
}
