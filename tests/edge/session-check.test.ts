/** Plain downloads by access token: what auth is asked, how often, and what the service gets. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../testkit/wait.ts';
import { ask } from './client.ts';
import { findNginx, UPSTREAMS } from './nginx.ts';
import { startRecordedEdge, type RecordedEdge, type RecordedServices } from './recorder.ts';

describe.skipIf(findNginx() === null)('downloads by access token', () => {
  let recorded: RecordedEdge;
  let services: RecordedServices;

  beforeAll(async () => {
    recorded = await startRecordedEdge();
    ({ services } = recorded);
  });
  afterAll(() => recorded[Symbol.asyncDispose]());
  beforeEach(() => {
    for (const name of UPSTREAMS) services[name].seen.length = 0;
    // auth knows tokens by their end.
    services.auth.answer = ({ headers: { authorization = '' } }, response) => {
      const status = { good: 204, poor: 403 }[authorization.split('.').at(-1) ?? ''] ?? 401;
      response
        .writeHead(status, {
          'cache-control': 'no-store',
          ...(status === 204 && { 'x-context-token': `context-of-${authorization.slice(7)}` }),
        })
        .end();
    };
  });

  const open = (token: string, path = '/artifacts/a1') =>
    ask(recorded.edge, path, { headers: { authorization: `Bearer ${token}` } });

  test('auth is asked by the edge, and the service gets its context token instead of the access token', async () => {
    const { status, headers } = await open('one.good');

    expect(status).toBe(200);
    expect(headers['x-context-token']).toBeUndefined();
    expect(services.auth.seen).toMatchObject([
      {
        method: 'GET',
        url: '/internal/session-check?audience=design&permission=design:read',
        headers: { authorization: 'Bearer one.good' },
        body: '',
      },
    ]);
    expect(services.design.seen.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/artifacts/a1', 'Bearer context-of-one.good'],
    ]);
  });

  test.each([
    ['nobody.bad', 401, 'UNAUTHENTICATED', 'Bearer'],
    ['two.poor', 403, 'FORBIDDEN', undefined],
  ])('%s is refused with %i, and the service hears nothing', async (token, status, code, challenge) => {
    const answer = await open(token);

    expect(answer.status).toBe(status);
    expect(answer.headers['www-authenticate']).toBe(challenge);
    expect(answer.headers['x-frame-options']).toBe('DENY');
    expect(JSON.parse(answer.body)).toMatchObject({ errors: [{ extensions: { code } }] });
    expect(services.design.seen).toEqual([]);
  });

  test('auth is asked once for a token that comes often, and again after a few seconds', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => open('often.good')));

    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(services.auth.seen).toHaveLength(1);
    await until('auth is asked again', async () => {
      await open('often.good');
      return services.auth.seen.length === 2;
    });
  });

  test('a token that is revoked opens nothing after a few seconds', async () => {
    await open('revoked.good');
    services.auth.answer = (_request, response) => response.writeHead(401).end();

    const refused = await until('it is refused', async () => {
      const answer = await open('revoked.good');
      return answer.status !== 200 && answer;
    });
    expect(refused.status).toBe(401);
  });

  // Attack: a token that ends like another's, to be taken for it.
  test('what auth said of one token is not said of another', async () => {
    await open('header.payload.good');
    await open('other.payload.good');

    expect(services.design.seen.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer context-of-header.payload.good',
      'Bearer context-of-other.payload.good',
    ]);
  });

  // Attack: a context token of one's own making; only auth's word must count.
  test('a context token that the client brings does not reach the service', async () => {
    await ask(recorded.edge, '/artifacts/a1', {
      headers: { authorization: 'Bearer own.good', 'x-context-token': 'forged' },
    });

    expect(JSON.stringify(services.design.seen)).not.toContain('forged');
    expect(JSON.stringify(services.auth.seen)).not.toContain('forged');
  });

  test('a signed link asks nobody, and the service gets no token', async () => {
    await open('three.good', '/artifacts/a1?signature=s');
    await ask(recorded.edge, '/artifacts/a1');

    expect(services.auth.seen).toEqual([]);
    expect(services.design.seen.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
  });

  test('while auth is not to be asked, the download is not available, and nobody is refused or let in', async () => {
    services.auth.answer = (_request, response) => response.writeHead(503).end();

    const { status, headers, body } = await open('four.good');

    expect({ status, retryAfter: headers['retry-after'] }).toEqual({ status: 503, retryAfter: '2' });
    expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] });
    expect(services.design.seen).toEqual([]);
  });

  const upload = (headers: Readonly<Record<string, string>>) =>
    ask(recorded.edge, '/uploads', {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=b', ...headers },
      body: '--b--',
    });

  test('an upload comes with a context token to the service, body and all', async () => {
    const { status } = await upload({ authorization: 'Bearer up.good' });

    expect(status).toBe(200);
    expect(services.auth.seen).toMatchObject([
      { url: '/internal/session-check?audience=design&permission=design:run', body: '' },
    ]);
    expect(services.design.seen).toMatchObject([
      {
        method: 'POST',
        url: '/uploads',
        body: '--b--',
        headers: {
          authorization: 'Bearer context-of-up.good',
          'content-type': 'multipart/form-data; boundary=b',
        },
      },
    ]);
  });

  // Attack: sending files without a session, or with one that may not start designs.
  test.each([
    ['no token', {}, 401],
    ['a bad token', { authorization: 'Bearer up.bad' }, 401],
    ['a token without the permission', { authorization: 'Bearer up.poor' }, 403],
  ])('an upload with %s does not reach the service', async (_what, headers, status) => {
    const answer = await upload(headers);

    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ errors: [{ extensions: {} }] });
    expect(services.design.seen).toEqual([]);
  });
});
