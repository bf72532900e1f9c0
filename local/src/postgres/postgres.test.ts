// Real PostgreSQL, started, stopped and killed on a throw-away data directory.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAlive, waitUntilGone } from '../process-table.ts';
import { bootstrapDatabase, DATABASE_ROLES, databaseUrl } from './bootstrap.ts';
import type { RunningPostgres } from './start-postgres.ts';
import { startPostgres } from './start-postgres.ts';

const settings = { fsync: 'off' };
const superuserPassword = 'for/this test?';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flowgrid-test-'));
  await chmod(folder, 0o711);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const isRunning = (postgres: RunningPostgres): boolean => isAlive(postgres.pid);

describe('a PostgreSQL of ours', () => {
  test('keeps its data over a stop and a kill, and leaves nothing running', { timeout: 60_000 }, async () => {
    const options = { dataDirectory: join(folder, 'kept'), superuserPassword, settings };

    const first = await startPostgres(options);
    await query(first.superuserUrl, 'create table kept as select 42 as answer');
    await first.stop();
    const second = await startPostgres(options);
    await query(second.superuserUrl, 'update kept set answer = answer + 1');
    process.kill(second.pid, 'SIGKILL');
    await second.exited;
    await second.stop();
    await using third = await startPostgres(options);
    const rows = await query(third.superuserUrl, 'select answer from kept');

    expect(rows).toEqual([{ answer: 43 }]);
    expect([first, second, third].map(isRunning)).toEqual([false, false, true]);
  });

  test(
    'starts over the pid file of a crash, even when another process has the number now',
    { timeout: 60_000 },
    async () => {
      const dataDirectory = join(folder, 'crashed');
      await (await startPostgres({ dataDirectory, superuserPassword, settings })).stop();
      await writeFile(join(dataDirectory, 'postmaster.pid'), `${process.pid}\n${dataDirectory}\n`);

      await using postgres = await startPostgres({ dataDirectory, superuserPassword, settings });

      expect(isRunning(postgres)).toBe(true);
    },
  );

  test('refuses data that another one is running on', { timeout: 60_000 }, async () => {
    const dataDirectory = join(folder, 'shared');
    await using first = await startPostgres({ dataDirectory, superuserPassword, settings });

    const second = startPostgres({ dataDirectory, superuserPassword, settings });

    await expect(second).rejects.toThrow(
      `A PostgreSQL (process ${first.pid}) is already running on ${dataDirectory}.`,
    );
  });

  test('refuses data of another major version and says which', async () => {
    const dataDirectory = join(folder, 'old');
    await mkdir(dataDirectory);
    await writeFile(join(dataDirectory, 'PG_VERSION'), '15\n');

    const start = startPostgres({ dataDirectory, superuserPassword, settings });

    await expect(start).rejects.toThrow(/holds data of PostgreSQL 15, and the installed PostgreSQL is \d+/);
  });

  test('says what a folder without programs lacks', async () => {
    const binDirectory = join(folder, 'nothing');

    const start = startPostgres({ binDirectory, settings });

    await expect(start).rejects.toThrow('Name the folder that holds `initdb` and `postgres`');
  });

  test('ends, and its temporary data with it, when its owner is killed', { timeout: 60_000 }, async () => {
    const script = `
      const { startPostgres } = await import(${JSON.stringify(new URL('start-postgres.ts', import.meta.url).href)});
      const { pid, superuserUrl } = await startPostgres({ settings: { fsync: 'off' } });
      console.log(JSON.stringify({ pid, superuserUrl }));`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: owner.stdout }), 'line');
    const { pid, superuserUrl } = JSON.parse(String(line));
    const [{ data_directory: dataDirectory }] = JSON.parse(
      JSON.stringify(await query(superuserUrl, 'show data_directory')),
    );

    owner.kill('SIGKILL');

    expect(await waitUntilGone(pid, 20_000)).toBe(true);
    await expect
      .poll(() => readFile(join(dataDirectory, 'PG_VERSION')).catch(() => 'gone'), {
        timeout: 10_000,
      })
      .toBe('gone');
  });
});

describe('the roles of a database', () => {
  const passwords = {
    flowgrid_owner: 'owner',
    flowgrid_auth: 'auth',
    flowgrid_agents: 'agents',
    flowgrid_design: 'design',
    flowgrid_integrations: 'integrations',
    flowgrid_router: 'router',
  };
  let postgres: RunningPostgres;

  beforeAll(async () => {
    postgres = await startPostgres({ settings });
    const options = { superuserUrl: postgres.superuserUrl, database: 'flowgrid', passwords };
    await Promise.all([
      bootstrapDatabase(options),
      bootstrapDatabase({ ...options, database: 'flowgrid_two' }),
    ]);
    await bootstrapDatabase(options);
  }, 60_000);
  afterAll(() => postgres.stop());

  const as = (role: keyof typeof passwords): string =>
    databaseUrl(postgres.superuserUrl, { database: 'flowgrid', role, password: passwords[role] });

  // Attack: a role that row level security does not bind.
  test('none is superuser, passes row level security or makes databases and roles', async () => {
    const rows = await query(
      postgres.superuserUrl,
      `select rolname from pg_roles where rolname like 'flowgrid%' and rolcanlogin
       and not (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication) order by rolname`,
    );

    expect(rows).toEqual(DATABASE_ROLES.toSorted().map((rolname) => ({ rolname })));
  });

  test('the owner makes schemas and trusted extensions', async () => {
    await query(as('flowgrid_owner'), 'create schema agents; create extension citext schema agents');

    expect(
      await query(as('flowgrid_owner'), "select 'A'::agents.citext operator(agents.=) 'a' as same"),
    ).toEqual([{ same: true }]);
  });

  // Attack: a service that reaches beyond its own schema.
  test.each(['flowgrid_auth', 'flowgrid_router'] as const)(
    '%s listens, and makes no table or schema',
    async (role) => {
      await query(as(role), 'listen news');
      await query(as(role), 'notify news');
      await expect(query(as(role), 'create table public.mine (id int)')).rejects.toThrow('permission denied');
      await expect(query(as(role), 'create schema mine')).rejects.toThrow('permission denied');
      await expect(query(as(role), 'create temporary table mine (id int)')).rejects.toThrow(
        'permission denied',
      );
    },
  );

  test('a wrong password is refused', async () => {
    const url = databaseUrl(as('flowgrid_auth'), { password: 'wrong' });

    await expect(query(url, 'select 1')).rejects.toThrow('password authentication failed');
  });
});
