/** The access log: what is needed to follow a request, and nothing that opens a door. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, sendRaw } from './client.ts';
import { findNginx, startEdge } from './nginx.ts';
import { startRecordedEdge, type RecordedEdge } from './recorder.ts';

const SECRETS = {
  token: 'c2VjcmV0LXRva2Vu.payload.signature-of-token',
  signature: 'signature-of-link',
  query: 'query-of-somebody',
  hookId: 'hook-that-is-secret',
  basic: 'YmFzaWM6c2VjcmV0',
};

describe.skipIf(findNginx() === null)('log', () => {
  let recorded: RecordedEdge;

  beforeAll(async () => {
    recorded = await startRecordedEdge();
  });
  afterAll(() => recorded[Symbol.asyncDispose]());

  test('a line says who asked what, who answered, and how long it took, under the id that the service has too', async () => {
    const { headers } = await ask(recorded.edge, '/graphql?query=x', {
      method: 'POST',
      headers: {
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        'user-agent': 'a "quoted" agent\\',
      },
      from: '127.0.4.1',
    });

    const requestId = String(headers['x-request-id']);
    const line = await recorded.edge.lineOf(requestId);
    const { host } = new URL(recorded.services.router.url);
    expect(line).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      name: 'edge',
      requestId,
      traceId: requestId,
      clientTraceId: '0af7651916cd43dd8448eb211c80319c',
      address: '127.0.4.1',
      method: 'POST',
      host: 'localhost',
      path: '/graphql',
      protocol: 'HTTP/1.1',
      tls: expect.stringMatching(/^TLSv1\.[23]$/),
      status: 200,
      bytes: expect.any(Number),
      received: expect.any(Number),
      seconds: expect.any(Number),
      limited: 'PASSED',
      upstream: host,
      upstreamStatus: '200',
      upstreamConnectSeconds: expect.stringMatching(/^[\d.]+$/),
      upstreamHeaderSeconds: expect.stringMatching(/^[\d.]+$/),
      upstreamSeconds: expect.stringMatching(/^[\d.]+$/),
      userAgent: 'a "quoted" agent\\',
    });
    const seen = recorded.services.router.seen.at(-1)?.headers;
    expect([seen?.['x-request-id'], String(seen?.['traceparent']).slice(3, 35)]).toEqual([
      requestId,
      requestId,
    ]);
  });

  test('a request that the edge answers itself is logged with the method that was asked with', async () => {
    const { headers } = await ask(recorded.edge, '/nothing', { method: 'POST' });

    expect(await recorded.edge.lineOf(String(headers['x-request-id']))).toMatchObject({
      method: 'POST',
      path: '/nothing',
      status: 404,
      upstream: '',
    });
  });

  // Attack: a line of the log made up by who is logged.
  test('bytes of the client cannot make a line of their own', async () => {
    const before = recorded.edge.log().length;

    await sendRaw(recorded.edge, [
      'GET /nothing"}{"a":1 HTTP/1.1',
      'Host: localhost',
      'User-Agent: x"}\u0007\u001b[31m{"name":"edge","status":200',
      'Connection: close',
      '',
      '',
    ]);

    // Reading them checks each line for its whole form.
    expect(recorded.edge.log().length - before).toBe(1);
  });

  // The error log of nginx has whole request lines; it must not get to write any.
  test('no token, signature, query or id of a hook is written, even when services are dead', async () => {
    const dead = await startEdge({ upstreams: {} });
    await using stack = new AsyncDisposableStack();
    stack.use(dead);
    for (const edge of [recorded.edge, dead]) {
      await ask(edge, `/graphql?query=${SECRETS.query}`, {
        headers: { authorization: `Bearer ${SECRETS.token}`, referer: `https://x/?${SECRETS.query}` },
      });
      await ask(edge, `/artifacts/a1?signature=${SECRETS.signature}`);
      await ask(edge, `/artifacts/a1`, { headers: { authorization: `Bearer ${SECRETS.token}` } });
      await ask(edge, `/hooks/${SECRETS.hookId}?key=${SECRETS.query}`, {
        method: 'POST',
        headers: { authorization: `Basic ${SECRETS.basic}` },
        body: SECRETS.query,
      });
      await ask(edge, `/oauth/callback?state=${SECRETS.signature}&code=${SECRETS.query}`);
      await ask(edge, `/nothing?signature=${SECRETS.signature}`);
      await ask(edge, `/graphql?signature=${SECRETS.signature}&${'x'.repeat(9_000)}`);
      await ask(edge, `/graphql`, {
        headers: { authorization: `Bearer ${SECRETS.token}${'x'.repeat(9_000)}` },
      });
    }

    const written = `${recorded.edge.written()}${dead.written()}`;
    expect(Object.entries(SECRETS).filter(([, secret]) => written.includes(secret))).toEqual([]);
    expect(dead.log().filter(({ status }) => status === 503).length).toBe(5);
  });

  test('it writes nothing but its own folder, as a user without rights', () => {
    const { folder, pid } = recorded.edge;

    expect(readdirSync(folder).toSorted()).toEqual(['conf', 'err.log', 'out.log', 'run']);
    expect(readdirSync(join(folder, 'run')).toSorted()).toEqual([
      'body',
      'fastcgi',
      'nginx.pid',
      'proxy',
      'scgi',
      'session-checks',
      'uwsgi',
    ]);
    expect(statSync(`/proc/${pid}`).uid).not.toBe(0);
    // Tokens are in there for seconds.
    expect(statSync(join(folder, 'run/session-checks')).mode & 0o777).toBe(0o700);
  });
});
