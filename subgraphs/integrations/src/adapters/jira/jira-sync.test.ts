/** A sync of Jira against what makes it hard: minutes of another zone, an index that lags, tokens that grow old, moving pages. */
import { afterEach, describe, expect, test } from 'vitest';
import { openJiraConnections, type JiraConnections } from '../../testkit/jira-connections.ts';
import { startJiraServer, type JiraServer, type JiraServerOptions } from '../../testkit/jira-server.ts';
import type { SyncPage } from '../external-item.ts';
import { createJiraConnector } from './jira-connector.ts';

const AUTHORIZATION = 'Basic Ym90QGV4YW1wbGUudGVzdDp0b2tlbg==';
const MINUTE_MS = 60_000;

let server: JiraServer;
let connections: JiraConnections;
const connector = createJiraConnector();

async function start(options: JiraServerOptions): Promise<void> {
  server = await startJiraServer(options);
  connections = openJiraConnections(server);
  server.addAccount({ authorization: AUTHORIZATION });
  server.addProject('OPS');
}
afterEach(async () => {
  await connections[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const add = (at: string | number): string =>
  server.addIssue({ project: 'OPS', summary: 'Claim', updated: typeof at === 'number' ? at : Date.parse(at) })
    .key;

const readPage = (cursor: string | null, size = 100): Promise<SyncPage> =>
  connector.syncItems(
    connections.asPerson(AUTHORIZATION),
    { scope: 'OPS', cursor, size },
    AbortSignal.timeout(20_000),
  );

async function run(
  from: string | null,
  size = 100,
): Promise<{ keys: string[]; cursor: string; longestCursor: number }> {
  const keys: string[] = [];
  let cursor = from;
  let longestCursor = 0;
  for (let pages = 0; pages < 1_000; pages += 1) {
    const page = await readPage(cursor, size);
    keys.push(...page.items.map(({ key }) => key));
    ({ cursor } = page);
    longestCursor = Math.max(longestCursor, page.cursor.length);
    if (!page.hasMore) return { keys, cursor: page.cursor, longestCursor };
  }
  throw new Error('the sync does not end');
}

const EDITIONS = ['CLOUD', 'DATA_CENTER'] as const;

describe.each(EDITIONS)('a sync of %s', (edition) => {
  test.each(['Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe'])(
    'passes nothing over while clocks are put back in %s',
    async (timeZone) => {
      await start({ edition, timeZone });
      const starts = ['2026-10-24T22:00Z', '2026-11-01T02:00Z', '2026-04-04T12:00Z'].map(Date.parse);
      const all: string[] = [];
      const seen = new Set<string>();
      let cursor: string | null = null;

      // An issue every quarter of an hour through the hours of the change, and a run after each.
      for (const from of starts.toSorted((one, other) => one - other)) {
        for (let minutes = 0; minutes < 360; minutes += 15) {
          all.push(add(from + minutes * MINUTE_MS));
          const result = await run(cursor, 20);
          for (const key of result.keys) seen.add(key);
          ({ cursor } = result);
        }
      }

      expect([...seen].toSorted()).toEqual(all.toSorted());
    },
  );

  test('brings an issue that the index shows late', async () => {
    await start({ edition });
    add('2026-03-01T10:00:00Z');
    add('2026-03-01T10:05:30Z');
    const first = await run(null);

    const late = add('2026-03-01T10:04:10Z');
    const second = await run(first.cursor);

    expect(second.keys).toEqual([late]);
  });

  test('brings again nothing that is the same, though it asks from before', async () => {
    await start({ edition });
    for (let second = 0; second < 30; second += 1) add(Date.parse('2026-03-01T10:00:00Z') + second * 1_000);
    const first = await run(null, 10);
    const issue = server.world.issues.at(-1);
    if (issue === undefined) throw new Error('no issue');

    expect((await run(first.cursor, 10)).keys).toEqual([]);
    // Changed within the same second, as databases without fractions of seconds have it.
    issue.status = 'Done';
    expect((await run(first.cursor, 10)).keys).toEqual([issue.key]);
  });

  test('goes on after an issue that claims to be of the future', async () => {
    await start({ edition });
    add('2099-01-01T00:00:00Z');
    const { cursor } = await run(null);

    const fresh = add(Date.now() + 1_000);
    const { keys } = await run(cursor);

    expect(keys).toEqual([fresh]);
  });

  test('of thousands asks once per page, with a cursor that stays small', async () => {
    await start({ edition });
    const count = 2_000;
    for (let index = 0; index < count; index += 1) add(Date.parse('2026-03-01T10:00:00Z') + index * 1_700);

    const { keys, longestCursor } = await run(null);

    expect(new Set(keys).size).toBe(count);
    expect(keys).toHaveLength(count);
    const searches = server.requests.filter((request) => request.includes('/search'));
    expect(searches.length).toBeLessThanOrEqual(count / 100 + 1);
    expect(longestCursor).toBeLessThan(4_000);
  });

  test('goes on where it was when the credential was refused in the middle', async () => {
    await start({ edition });
    for (let index = 0; index < 9; index += 1) add(Date.parse('2026-03-01T10:00:00Z') + index * MINUTE_MS);
    const first = await readPage(null, 4);
    server.revoke(AUTHORIZATION);

    await expect(readPage(first.cursor, 4)).rejects.toThrow('(401)');
    server.addAccount({ authorization: AUTHORIZATION });
    const { keys } = await run(first.cursor, 4);

    expect(new Set([...first.items.map(({ key }) => key), ...keys]).size).toBe(9);
  });

  test('of a project that is not shown says so', async () => {
    await start({ edition });

    await expect(
      connector.syncItems(
        connections.asPerson(AUTHORIZATION),
        { scope: 'SECRET', cursor: null, size: 10 },
        AbortSignal.timeout(5_000),
      ),
    ).rejects.toThrow('Jira shows this credential no project SECRET.');
  });

  test('does not need the zone of the one who asks', async () => {
    await start({ edition, timeZone: 'Pacific/Kiritimati' });
    const first = add('2026-03-01T10:00:00Z');
    server.fail('FORBIDDEN', { matching: /\/myself$/, times: 10 });

    const { keys, cursor } = await run(null);
    const second = add('2026-03-01T10:30:00Z');

    expect(keys).toEqual([first]);
    expect((await run(cursor)).keys).toEqual([second]);
  });
});

test('tokens that have grown old are done without', async () => {
  await start({ edition: 'CLOUD' });
  const all = Array.from({ length: 9 }, (_, index) =>
    add(Date.parse('2026-03-01T10:00:00Z') + index * MINUTE_MS),
  );
  const first = await readPage(null, 4);

  server.world.tokenAge += 1;
  const { keys } = await run(first.cursor, 4);

  expect([...new Set([...first.items.map(({ key }) => key), ...keys])].toSorted()).toEqual(all.toSorted());
});

// A Jira that takes none of its own tokens would be asked for ever.
test('tokens that are never taken end the sync', async () => {
  await start({ edition: 'CLOUD' });
  for (let index = 0; index < 9; index += 1) add('2026-03-01T10:00:00Z');
  const ageing = async (cursor: string | null): Promise<string> => {
    const page = await readPage(cursor, 4);
    server.world.tokenAge += 1;
    return page.cursor;
  };

  const cursor = await ageing(await ageing(await ageing(null)));

  await expect(ageing(cursor)).rejects.toThrow('(400)');
});
