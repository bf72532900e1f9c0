import { afterAll, beforeAll, expect, test } from 'vitest';
import { runScript, startWatchdog, type Watchdog } from '../../../local/src/index.ts';
import { PASSWORD, startAuthService, type AuthService } from './service.ts';

let auth: AuthService;
let watchdog: Watchdog;

beforeAll(async () => {
  auth = await startAuthService();
  watchdog = startWatchdog();
});
afterAll(async () => {
  await watchdog[Symbol.asyncDispose]();
  await auth[Symbol.asyncDispose]();
});

const DESCRIPTION = {
  tenants: [
    {
      slug: 'acme',
      name: 'Acme Insurance',
      users: [
        { email: 'Owner@acme.test', name: 'Olivia', password: PASSWORD, role: 'OWNER' },
        { email: 'viewer@acme.test', name: 'Vera', password: PASSWORD, role: 'VIEWER' },
      ],
    },
  ],
} as const;

async function runProvision(input: string): Promise<string> {
  const lines: string[] = [];
  await runScript(
    {
      name: 'provision',
      file: 'subgraphs/auth/src/provision.ts',
      env: { PATH: String(process.env['PATH']), DATABASE_URL: auth.testDatabase.url('flowgrid_auth') },
      input,
    },
    { watchdog, onLog: (_name, line) => lines.push(line) },
  );
  return lines.join('\n');
}

test('the program makes what it reads, says the ids, and changes nothing the second time', async () => {
  const first = await runProvision(JSON.stringify(DESCRIPTION));
  const second = await runProvision(JSON.stringify(DESCRIPTION));

  const { tenants } = JSON.parse(first) as { tenants: { id: string }[] };
  expect(JSON.parse(first)).toEqual({
    tenants: [
      {
        slug: 'acme',
        id: expect.any(String),
        users: [
          { email: 'owner@acme.test', id: expect.any(String) },
          { email: 'viewer@acme.test', id: expect.any(String) },
        ],
      },
    ],
  });
  expect(second).toBe(first);
  const actions = await auth.database.readInTenant(tenants[0]?.id ?? '', (tx) => tx.auditEvent.findMany());
  expect(actions.map(({ action }) => action)).toEqual(['tenant.created', 'user.created', 'user.created']);
  expect((await auth.signIn({ email: 'owner@acme.test' })).errors).toEqual([]);
});

test('what changed in the description is changed, and a new password replaces the old', async () => {
  const users = [{ email: 'kim@change.test', name: 'Kim', password: PASSWORD, role: 'VIEWER' as const }];
  await auth.provision({ tenants: [{ slug: 'change', name: 'Before', users }] });
  const changed = users.map((user) => ({
    ...user,
    name: 'Kimberly',
    role: 'ADMIN' as const,
    password: 'another one',
  }));
  await auth.provision({ tenants: [{ slug: 'change', name: 'After', users: changed }] });

  const before = await auth.signIn({ email: 'kim@change.test' });
  const { accessToken } = await auth.signIn({ email: 'kim@change.test', password: 'another one' });
  const { data } = await auth.ask('{ viewer { user { name roles { name } } tenant { name } } }', {
    accessToken,
  });

  expect(before.errors).toMatchObject([{ code: 'INVALID_CREDENTIALS' }]);
  expect(data).toEqual({
    viewer: { user: { name: 'Kimberly', roles: [{ name: 'ADMIN' }] }, tenant: { name: 'After' } },
  });
});

test('one account is a user of several tenants', async () => {
  const users = [{ email: 'kim@both.test', name: 'Kim', password: PASSWORD, role: 'VIEWER' as const }];
  await auth.provision({ tenants: ['left', 'right'].map((slug) => ({ slug, name: slug, users })) });

  const { errors } = await auth.signIn({ email: 'kim@both.test', tenant: 'right' });

  expect(errors).toEqual([]);
});

test.each([
  ['no JSON', 'tenants?', /JSON/],
  ['another shape', '{"tenants":{}}', /tenants/],
  ['a slug that is none', '{"tenants":[{"slug":"Not A Slug","name":"x","users":[]}]}', /DNS label/],
  [
    'a short password',
    JSON.stringify({
      tenants: [{ slug: 'x', name: 'x', users: [{ ...DESCRIPTION.tenants[0].users[0], password: 'short' }] }],
    }),
    /password/,
  ],
])('%s is refused with the reason', async (_case, input, reason) => {
  await expect(runProvision(input)).rejects.toThrow(reason);
});
