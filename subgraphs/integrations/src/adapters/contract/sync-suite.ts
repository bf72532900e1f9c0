/** Following what changes: nothing is passed over, whatever happens meanwhile. */
import { describe, expect, it } from 'vitest';
import type { Connection } from '../connection.ts';
import type { ContractTools } from '../connector-contract.ts';
import type { ExternalItem, SyncPage } from '../external-item.ts';
import { minute, until } from './until.ts';

const SIZE = 3;
const MAX_PAGES = 200;

interface Synced {
  /** Whatever came, in its order. */
  readonly items: readonly ExternalItem[];
  readonly cursor: string;
  readonly pages: number;
}

export function syncSuite(tools: ContractTools): void {
  const { bench, connect } = tools;
  const page = (connection: Connection, cursor: string | null, size = SIZE): Promise<SyncPage> =>
    bench().connector.syncItems(connection, { scope: bench().container, cursor, size }, until());
  const sync = async (
    from: string | null,
    options: { readonly size?: number; readonly between?: (pages: number) => void } = {},
  ): Promise<Synced> => {
    const connection = connect();
    const items: ExternalItem[] = [];
    let cursor = from;
    for (let pages = 1; pages <= MAX_PAGES; pages += 1) {
      const next = await page(connection, cursor, options.size);
      items.push(...next.items);
      ({ cursor } = next);
      if (!next.hasMore) return { items, cursor: next.cursor, pages };
      options.between?.(pages);
    }
    throw new Error('the sync does not end');
  };
  describe('a sync', () => {
    changeSuite(tools, sync);
    faultSuite(tools, { sync, page });
  });
}

type Sync = (
  from: string | null,
  options?: { readonly size?: number; readonly between?: (pages: number) => void },
) => Promise<Synced>;

function changeSuite({ bench }: ContractTools, sync: Sync): void {
  it('of nothing has a cursor from which the first item comes', async () => {
    const { cursor, items } = await sync(null);
    const key = bench().addItem({ title: 'First', updatedAt: minute(1) });

    expect(items).toEqual([]);
    expect(keysOf((await sync(cursor)).items)).toEqual([key]);
  });

  it('brings everything, the least recently changed first', async () => {
    const added = addEach(bench(), [5, 1, 4, 2, 3, 8, 7, 6]);

    const { items } = await sync(null);

    expect(keysOf(items).toSorted()).toEqual(added.toSorted());
    const times = firstOf(items).map(({ updatedAt }) => updatedAt?.getTime() ?? 0);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
  });

  it('brings what was changed at the same moment, though it fills several pages', async () => {
    const added = addEach(bench(), [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3]);

    const { items } = await sync(null);

    expect(keysOf(items).toSorted()).toEqual(added.toSorted());
  });

  it('goes on from its cursor with what changed since', async () => {
    const added = addEach(bench(), [1, 2, 3, 4, 5, 6, 7, 8]);
    const { cursor } = await sync(null);
    const [oldest = '', changed = ''] = added;
    bench().changeItem(changed, minute(60));
    const fresh = bench().addItem({ title: 'Fresh', updatedAt: minute(61) });

    const keys = keysOf((await sync(cursor)).items);

    expect(keys).toEqual(expect.arrayContaining([changed, fresh]));
    expect(keys).not.toContain(oldest);
  });

  it('brings again nothing but the last moments when nothing changed', async () => {
    addEach(bench(), [1, 2, 3, 4, 5, 6, 7, 8]);
    const first = await sync(null);

    const second = await sync(first.cursor);
    const third = await sync(second.cursor);

    expect(second.items.length).toBeLessThanOrEqual(1);
    expect(third.items.length).toBeLessThanOrEqual(1);
    expect(third.pages).toBe(1);
  });

  it('brings the last state of everything, though items change while it runs', async () => {
    const added = addEach(bench(), [1, 2, 2, 2, 2, 2, 2, 2, 3, 4, 5, 6]);
    const state = new Map<string, number>();
    const between = (pages: number): void => {
      // One that came already, and one that did not: each moves to the end.
      for (const key of [added[pages], added[added.length - 2]]) {
        if (pages > 6 || key === undefined) continue;
        bench().changeItem(key, minute(20 + pages));
        state.set(key, minute(20 + pages).getTime());
      }
    };

    const { items } = await sync(null, { between });

    const last = new Map(items.map(({ key, updatedAt }) => [key, updatedAt?.getTime()]));
    expect([...last.keys()].toSorted()).toEqual(added.toSorted());
    expect(state.size).toBeGreaterThan(2);
    for (const [key, updatedAt] of state) expect(last.get(key)).toBe(updatedAt);
  });
}

function faultSuite(
  { bench, connect, connectImpatiently }: ContractTools,
  {
    sync,
    page,
  }: {
    readonly sync: Sync;
    readonly page: (connection: Connection, cursor: string | null) => Promise<SyncPage>;
  },
): void {
  it.each(['UNAUTHORIZED', 'FORBIDDEN', 'LIMITED', 'BROKEN', 'MALFORMED', 'SLOW'] as const)(
    'goes on from the same cursor after an answer that is %s',
    async (fault) => {
      const added = addEach(bench(), [1, 2, 3, 4, 5, 6, 7, 8]);
      const first = await page(connect(), null);
      bench().fail(fault, { times: 20 });
      const connection = fault === 'SLOW' ? connectImpatiently() : connect();
      await expect(page(connection, first.cursor)).rejects.toThrow(/\w/);
      bench().fail(fault, { times: 0 });

      const rest = await sync(first.cursor);

      expect(keysOf([...first.items, ...rest.items]).toSorted()).toEqual(added.toSorted());
    },
  );

  it('begins anew from a cursor that is none', async () => {
    const added = addEach(bench(), [1, 2, 3]);

    const { items } = await sync('{"nonsense":true}');

    expect(keysOf(items).toSorted()).toEqual(added.toSorted());
  });
}

function addEach(bench: ReturnType<ContractTools['bench']>, minutes: readonly number[]): readonly string[] {
  return minutes.map((count, index) => bench.addItem({ title: `Claim ${index}`, updatedAt: minute(count) }));
}

/** Each once. */
function keysOf(items: readonly ExternalItem[]): string[] {
  return [...new Set(items.map(({ key }) => key))];
}

/** Where something comes twice, the first time. */
function firstOf(items: readonly ExternalItem[]): ExternalItem[] {
  return items.filter(({ key }, index) => items.findIndex((other) => other.key === key) === index);
}
