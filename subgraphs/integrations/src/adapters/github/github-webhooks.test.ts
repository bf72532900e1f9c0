import { afterEach, beforeEach, expect, test } from 'vitest';
import { startConnectedGitHub, type ConnectedGitHub } from '../../testkit/github-connection.ts';
import type { Connection } from '../connection.ts';
import { ConnectorError } from '../connector-error.ts';
import { until } from '../contract/until.ts';
import { githubWebhooks } from './github-webhooks.ts';

const URL = 'https://flowgrid.example.test/hooks/0123456789abcdef';

let github: ConnectedGitHub;
let connection: Connection;

const connectWith = (scopes: readonly string[]): Connection =>
  github.connect(github.server.state.addAccount({ kind: 'CLASSIC', login: 'octocat', scopes }));

beforeEach(async () => {
  github = await startConnectedGitHub();
  connection = connectWith(['repo', 'admin:org_hook']);
});
afterEach(() => github[Symbol.asyncDispose]());

const wanted = (scope: string | null, secret = 'a-secret') => ({ url: URL, secret, scope });

test('a hook is signed, in JSON, over TLS that is checked, for what is read', async () => {
  const repository = github.server.state.addRepository('acme/claims', { roles: { octocat: 'admin' } });

  const registration = await githubWebhooks.register(connection, wanted('acme/claims'), until());

  expect(repository.hooks).toEqual([
    {
      id: Number(registration.id),
      active: true,
      events: ['issues', 'issue_comment', 'pull_request'],
      config: { url: URL, secret: 'a-secret', content_type: 'json', insecure_ssl: '0' },
      pings: 1,
      deliveries: [],
    },
  ]);
  expect(registration).toEqual({ id: expect.stringMatching(/^\d+$/), scope: 'acme/claims', expiresAt: null });
});

test('a refresh turns a hook on again, keeps its secret and pings it', async () => {
  const repository = github.server.state.addRepository('acme/claims', { roles: { octocat: 'admin' } });
  const registration = await githubWebhooks.register(connection, wanted('acme/claims'), until());
  const [hook] = repository.hooks;
  if (hook) hook.active = false;

  await githubWebhooks.refresh(connection, registration, until());

  expect(hook).toMatchObject({ active: true, pings: 2, config: { secret: 'a-secret' } });
});

test('registering again gives the hook that is there the new secret', async () => {
  const repository = github.server.state.addRepository('acme/claims', { roles: { octocat: 'admin' } });
  const first = await githubWebhooks.register(connection, wanted('acme/claims', 'first'), until());

  const second = await githubWebhooks.register(connection, wanted('acme/claims', 'second'), until());

  expect(second).toEqual(first);
  expect(repository.hooks).toMatchObject([{ config: { secret: 'second' } }]);
});

test('an organization has hooks for all of its repositories', async () => {
  const { organizationHooks } = github.server.state;
  organizationHooks.set('acme', []);

  const registration = await githubWebhooks.register(connection, wanted('acme'), until());
  await githubWebhooks.refresh(connection, registration, until());
  const registered = organizationHooks.get('acme')?.map(({ config, pings }) => [config['url'], pings]);
  await githubWebhooks.remove(connection, registration, until());

  expect(registered).toEqual([[URL, 2]]);
  expect(organizationHooks.get('acme')).toEqual([]);
});

test('a hook that was removed there is said to be so', async () => {
  const repository = github.server.state.addRepository('acme/claims', { roles: { octocat: 'admin' } });
  const registration = await githubWebhooks.register(connection, wanted('acme/claims'), until());
  repository.hooks.splice(0);

  await expect(githubWebhooks.refresh(connection, registration, until())).rejects.toThrow(
    'The webhook was removed at GitHub. Register it again.',
  );
});

test.each([null, '', '../user', 'acme/claims/hooks', 'a b'])('there are none for %j', async (scope) => {
  const registering = githubWebhooks.register(connection, wanted(scope), until());

  await expect(registering).rejects.toBeInstanceOf(ConnectorError);
  expect(github.server.requests).toEqual([]);
});

test('without the right it says what may be missing', async () => {
  github.server.state.addRepository('acme/claims', { roles: { octocat: 'push' } });

  await expect(githubWebhooks.register(connection, wanted('acme/claims'), until())).rejects.toThrow(
    /may not manage its webhooks/,
  );
});
