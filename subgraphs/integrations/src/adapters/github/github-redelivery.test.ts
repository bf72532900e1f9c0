import { afterEach, beforeEach, expect, test } from 'vitest';
import { startConnectedGitHub, type ConnectedGitHub } from '../../testkit/github-connection.ts';
import type { Delivery, Hook } from '../../testkit/github/state.ts';
import type { Connection } from '../connection.ts';
import type { WebhookRegistration } from '../connector.ts';
import { until } from '../contract/until.ts';
import { redeliverFailed } from './github-redelivery.ts';
import { githubWebhooks } from './github-webhooks.ts';

const URL = 'http://127.0.0.1:1/hooks/0123456789abcdef';

let github: ConnectedGitHub;
let connection: Connection;
let nextId: number;

beforeEach(async () => {
  nextId = 1;
  github = await startConnectedGitHub();
  const scopes = ['repo', 'admin:org_hook'];
  connection = github.connect(github.server.state.addAccount({ kind: 'CLASSIC', login: 'octocat', scopes }));
});
afterEach(() => github[Symbol.asyncDispose]());

async function register(
  scope: string,
): Promise<{ readonly registration: WebhookRegistration; readonly hook: Hook }> {
  const { state } = github.server;
  const repository = state.addRepository('acme/claims', { roles: { octocat: 'admin' } });
  const ofOrganization: Hook[] = [];
  state.organizationHooks.set('acme', ofOrganization);
  const registration = await githubWebhooks.register(
    connection,
    { url: URL, secret: 'a-secret', scope },
    until(),
  );
  const [hook] = [...repository.hooks, ...ofOrganization];
  if (hook === undefined) throw new Error('nothing was registered');
  return { registration, hook };
}

/** The last first, as GitHub lists them. */
function add(
  hook: Hook,
  ...deliveries: readonly (Pick<Delivery, 'guid' | 'statusCode'> & Partial<Delivery>)[]
) {
  for (const delivery of deliveries) {
    hook.deliveries.unshift({
      id: nextId,
      event: 'issues',
      payload: {},
      deliveredAt: new Date(),
      isRedelivery: false,
      ...delivery,
    });
    nextId += 1;
  }
}

/** The deliveries that were asked for again. */
const attempts = (): readonly string[] =>
  github.server.requests.flatMap((line) => /deliveries\/(\d+)\/attempts$/.exec(line)?.[1] ?? []);
const redeliver = (registration: WebhookRegistration) =>
  githubWebhooks.redeliver?.(connection, registration, until());

test.each(['acme/claims', 'acme'])(
  'of %s what never arrived is sent again, the first first',
  async (scope) => {
    const { registration, hook } = await register(scope);
    add(hook, { guid: 'arrived', statusCode: 202 });
    add(hook, { guid: 'late', statusCode: 503 }, { guid: 'lost', statusCode: 0 });
    add(hook, { guid: 'late', statusCode: 202 }, { guid: 'lost', statusCode: 502 });
    add(hook, { guid: 'refused', statusCode: 404 }, { guid: 'ping', statusCode: 500, event: 'ping' });

    expect(await redeliver(registration)).toBe(2);

    const wanted = hook.deliveries.filter(({ id }) => attempts().includes(String(id)));
    expect(wanted.map(({ guid }) => guid).toReversed()).toEqual(['lost', 'refused']);
    expect(attempts()).toEqual(['5', '6']);
  },
);

test('what was tried ten times is given up, and no more than twenty are asked for at once', async () => {
  const { registration, hook } = await register('acme/claims');
  for (let index = 0; index < 10; index += 1) add(hook, { guid: 'never', statusCode: 404 });
  for (let index = 0; index < 30; index += 1) add(hook, { guid: `lost-${index}`, statusCode: 503 });

  expect(await redeliver(registration)).toBe(20);
  expect(attempts()[0]).toBe('11');
});

test('what lies further back is found page by page, and not without end', async () => {
  const { registration, hook } = await register('acme/claims');
  add(hook, { guid: 'too-far', statusCode: 503 });
  add(hook, ...Array.from({ length: 50 }, (_, index) => ({ guid: `before-${index}`, statusCode: 202 })));
  add(hook, { guid: 'lost', statusCode: 503 });
  add(hook, ...Array.from({ length: 249 }, (_, index) => ({ guid: `after-${index}`, statusCode: 202 })));

  expect(await redeliver(registration)).toBe(1);
  expect(attempts()).toEqual(['52']);
});

test('ids that no number holds are passed on as they came', async () => {
  const asked: string[] = [];

  await redeliverFailed({
    list: async () => ({
      data: [{ id: 9_007_199_254_740_993n, guid: 'lost', status_code: 503, event: 'issues' }],
      headers: {},
    }),
    redeliver: async (id) => void asked.push(id),
  });

  expect(asked).toEqual(['9007199254740993']);
});
