/** What a check says where something answers that is not the expected system at all: every connector, at a server that misbehaves. */
import { createOutbound, type Outbound } from '@flowgrid/outbound';
import { startOddServer, type OddServer } from '@flowgrid/outbound/testkit';
import { OutsidePolicies, createLogger, createMetrics, newId } from '@flowgrid/platform';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConnectors } from './create-connectors.ts';
import type { Connection } from './connection.ts';

const FAILURES = [
  ['unauthorized', /does not accept the credential \(401\)/],
  ['forbidden', /\(403\)/],
  ['missing', /Nothing answers at this address \(404\)/],
  ['limited', /too many requests \(429\)/],
  ['broken', /failure of its own \(503\)/],
  ['malformed', /not one of .*'s API/],
  ['page', /not one of .*'s API/],
  ['odd', /not one of .*'s API/],
  ['other', /not one of .*'s API/],
  ['moved', /redirect/],
  ['huge', /too large/],
  ['slow', /did not answer in time/],
  ['silent', /did not answer in time/],
  ['dropped', /refused or dropped/],
] as const;

const SECRET = 'wrong-secret';
const DEADLINE_MS = 400;

const stack = new AsyncDisposableStack();
let server: OddServer;
let outbound: Outbound;

beforeAll(async () => {
  server = stack.use(await startOddServer());
  const logger = createLogger({ name: 'test', level: 'silent' });
  outbound = stack.use(
    createOutbound({
      policies: new OutsidePolicies({ logger, metrics: createMetrics('test') }),
      allowed: [{ hostname: '127.0.0.1', port: String(server.port) }],
      deadlineMs: DEADLINE_MS,
    }),
  );
});
afterAll(() => stack.disposeAsync());

function connect(path: string): Connection {
  const id = newId();
  const baseUrl = `${server.url}/${path}`;
  return {
    id,
    baseUrl,
    apiUrl: baseUrl,
    knownLogin: null,
    fetch: (url, init = {}) =>
      outbound.fetch(url, {
        ...init,
        connection: id,
        headers: { ...init.headers, authorization: `Bearer ${SECRET}` },
      }),
  };
}

describe.each(Object.entries(createConnectors()))('%s', (_kind, connector) => {
  test.each(FAILURES)('an answer that is %s is told, without secrets and addresses', async (path, words) => {
    const { message } = await connector.check(connect(path), AbortSignal.timeout(10_000)).then(
      () => new Error('no failure'),
      (error: unknown) => (error instanceof Error ? error : new Error('no error')),
    );

    expect(message).toMatch(words);
    expect(message).not.toMatch(/wrong-secret|authorization|bearer |127\.0\.0\.1|169\.254|10\.1\.2\.3/i);
  });
});
