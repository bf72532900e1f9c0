/** Items of connected systems as they are kept: the latest of each, whatever the order in which they come. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import type { ExternalItem } from '../../../subgraphs/integrations/src/adapters/external-item.ts';
import {
  openIntegrationsDatabase,
  type IntegrationsDatabase,
} from '../../../subgraphs/integrations/src/database.ts';
import {
  MAX_ITEMS_PER_INTEGRATION,
  MAX_KEPT_BODY_LENGTH,
  forgetDeletion,
  purgeDeletedItems,
  removeItem,
  saveItems,
  tieItem,
  type ItemsOwner,
  type SavedItem,
} from '../../../subgraphs/integrations/src/modules/external-item/external-item-store.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';

let server: TestDatabase;
let database: IntegrationsDatabase;
let owner: ItemsOwner;

beforeAll(async () => {
  server = await createTestDatabase();
  database = openIntegrationsDatabase(server.url('flowgrid_integrations'));
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  owner = await createOwner();
});

const SEEN_AT = new Date('2026-03-02T08:00:00Z');
const at = (minute: number): Date => new Date(Date.UTC(2026, 2, 1, 10, minute));

async function createOwner(): Promise<ItemsOwner> {
  const [tenantId, id] = [newId(), newId()];
  await database.inTenant(tenantId, (tx) =>
    tx.integration.create({
      data: {
        tenantId,
        id,
        kind: 'JIRA',
        name: 'Jira',
        baseUrl: 'https://jira.example.test',
        status: 'UNTESTED',
        connectionRevision: 1,
        createdAt: SEEN_AT,
        updatedAt: SEEN_AT,
      },
    }),
  );
  return { tenantId, integrationId: id };
}

function item(key: string, changed: Partial<ExternalItem> = {}): ExternalItem {
  return {
    key,
    title: `Claim ${key}`,
    body: 'The clerk checks the claim.',
    state: 'To Do',
    type: 'Bug',
    assignee: null,
    url: `https://jira.example.test/browse/${key}`,
    updatedAt: at(0),
    ...changed,
  };
}

const save = (items: readonly ExternalItem[], seenAt = SEEN_AT): Promise<readonly SavedItem[]> =>
  database.inTenant(owner.tenantId, (tx) => saveItems(tx, owner, items, seenAt));

const remove = (key: string, updatedAt: Date | null = at(0), seenAt = SEEN_AT): Promise<boolean> =>
  database.inTenant(owner.tenantId, (tx) => removeItem(tx, owner, { key, updatedAt }, seenAt));

async function kept(key: string): Promise<unknown> {
  const { tenantId, integrationId } = owner;
  return database.readInTenant(tenantId, (tx) =>
    tx.externalItem.findFirst({
      where: { tenantId, integrationId, key },
      omit: { tenantId: true, integrationId: true },
    }),
  );
}

test('what is new, what has changed and what has not are told apart', async () => {
  await save([item('CLM-1'), item('CLM-2')]);

  const saved = await save([
    item('CLM-3'),
    item('CLM-1', { state: 'Done', updatedAt: at(1) }),
    item('CLM-2'),
  ]);

  expect(saved).toEqual([
    { key: 'CLM-3', change: 'CREATED' },
    { key: 'CLM-1', change: 'UPDATED' },
    { key: 'CLM-2', change: 'UNCHANGED' },
  ]);
});

test('an item is kept whole, but for a text that is very long', async () => {
  const long = `${'x'.repeat(MAX_KEPT_BODY_LENGTH - 1)}\u{1f600} and more`;

  await save([item('CLM-1', { body: long, assignee: 'Ann "the clerk" Example' })]);

  expect(await kept('CLM-1')).toEqual({
    ...item('CLM-1', { assignee: 'Ann "the clerk" Example' }),
    body: `${'x'.repeat(MAX_KEPT_BODY_LENGTH - 1)}\ufffd`,
    changedAt: at(0),
    seenAt: SEEN_AT,
    deletedAt: null,
  });
});

test('an item of before changes nothing, and one without a time counts as the newest', async () => {
  await save([item('CLM-1', { updatedAt: at(5) })]);

  const older = await save([item('CLM-1', { title: 'Of before', updatedAt: at(4) })]);
  const afterOlder = await kept('CLM-1');
  const timeless = await save([item('CLM-1', { title: 'Now', updatedAt: null })]);

  expect(older).toEqual([{ key: 'CLM-1', change: 'UNCHANGED' }]);
  expect(afterOlder).toMatchObject({ title: 'Claim CLM-1' });
  expect(timeless).toEqual([{ key: 'CLM-1', change: 'UPDATED' }]);
  expect(await kept('CLM-1')).toMatchObject({ title: 'Now', updatedAt: null, changedAt: SEEN_AT });
});

test('of an item that is given twice the later changed one is kept', async () => {
  const saved = await save([
    item('CLM-1', { title: 'Later', updatedAt: at(2) }),
    item('CLM-1', { title: 'Earlier', updatedAt: at(1) }),
  ]);

  expect(saved).toEqual([{ key: 'CLM-1', change: 'CREATED' }]);
  expect(await kept('CLM-1')).toMatchObject({ title: 'Later' });
});

test('many who save the same items at once all succeed, and the latest is kept', async () => {
  const keys = Array.from({ length: 50 }, (_, index) => `CLM-${index}`);
  const savers = Array.from({ length: 8 }, (_, minute) => {
    const items = keys.map((key) => item(key, { updatedAt: at(minute) }));
    return save(minute % 2 === 0 ? items : items.toReversed());
  });

  const saved = await Promise.all(savers);

  expect(saved.flat().filter(({ change }) => change === 'CREATED')).toHaveLength(50);
  expect(await kept('CLM-7')).toMatchObject({ updatedAt: at(7) });
});

test('beyond the bound the least recently changed items go', async () => {
  const [first = item('none'), ...others] = Array.from({ length: MAX_ITEMS_PER_INTEGRATION }, (_, index) =>
    item(`CLM-${index}`, { body: '', updatedAt: new Date(at(0).getTime() + index * 1000) }),
  );
  const all = [first, ...others];
  for (let start = 0; start < all.length; start += 2_000) await save(all.slice(start, start + 2_000));

  await save([item('NEW-1', { updatedAt: new Date(at(0).getTime() + MAX_ITEMS_PER_INTEGRATION * 1000) })]);

  const { tenantId } = owner;
  expect(await database.readInTenant(tenantId, (tx) => tx.externalItem.count({ where: { tenantId } }))).toBe(
    MAX_ITEMS_PER_INTEGRATION,
  );
  expect(await kept('CLM-0')).toBeNull();
  expect([await kept('CLM-1'), await kept('NEW-1')]).not.toContain(null);
});

test('an item is tied to an agent once, and only while it is kept', async () => {
  await save([item('CLM-1')]);
  const tie = { ...owner, agentId: newId(), key: 'CLM-1', reason: 'Rule "claims"', at: SEEN_AT };
  const tieTo = (key: string): Promise<boolean> =>
    database.inTenant(owner.tenantId, (tx) => tieItem(tx, { ...tie, key }));

  const tied = [await tieTo('CLM-1'), await tieTo('CLM-1'), await tieTo('CLM-2')];
  const removed = [await remove('CLM-1'), await remove('CLM-1'), await remove('CLM-2')];
  const isTiedAgain = await tieTo('CLM-1');

  expect(tied).toEqual([true, false, false]);
  expect(removed).toEqual([true, false, false]);
  expect(isTiedAgain).toBe(false);
  const { tenantId } = owner;
  expect(await database.readInTenant(tenantId, (tx) => tx.agentItem.count({ where: { tenantId } }))).toBe(0);
});

// Attack: writing into, or taking from, the items of an integration of another tenant.
test('the items of another tenant are neither written nor removed', async () => {
  const stranger = await createOwner();
  await save([item('CLM-1')]);
  const forged = { tenantId: stranger.tenantId, integrationId: owner.integrationId };

  await expect(
    database.inTenant(stranger.tenantId, (tx) => saveItems(tx, forged, [item('CLM-1')], SEEN_AT)),
  ).rejects.toThrow(/foreign key/i);
  await expect(
    database.inTenant(stranger.tenantId, (tx) => saveItems(tx, owner, [item('CLM-2')], SEEN_AT)),
  ).rejects.toThrow(/row-level security/);
  const removing = database.inTenant(stranger.tenantId, (tx) =>
    removeItem(tx, owner, item('CLM-1'), SEEN_AT),
  );
  await expect(removing).rejects.toThrow(/row-level security/);
  const isTied = await database.inTenant(stranger.tenantId, (tx) =>
    tieItem(tx, { ...owner, agentId: newId(), key: 'CLM-1', reason: '', at: SEEN_AT }),
  );

  expect(isTied).toBe(false);
  expect(await kept('CLM-1')).toMatchObject({ title: 'Claim CLM-1' });
});

test('what comes late does not bring back an item that is gone, and what was changed after that does', async () => {
  const minutesLater = (minutes: number): Date => new Date(SEEN_AT.getTime() + minutes * 60_000);
  await save([item('CLM-1')]);
  await remove('CLM-1');
  await remove('NEVER-SEEN');

  const late = await save([
    item('CLM-1', { updatedAt: at(59) }),
    item('NEVER-SEEN', { updatedAt: null }),
    item('CLM-2'),
  ]);
  const gone = await kept('CLM-1');
  const anew = await save([item('CLM-1', { updatedAt: minutesLater(1) })], minutesLater(2));

  expect(late.map(({ change }) => change)).toEqual(['UNCHANGED', 'UNCHANGED', 'CREATED']);
  expect(gone).toMatchObject({ title: '', body: '', assignee: null, url: null, deletedAt: SEEN_AT });
  expect(anew).toEqual([{ key: 'CLM-1', change: 'UPDATED' }]);
  expect(await kept('CLM-1')).toMatchObject({ title: 'Claim CLM-1', deletedAt: null });
});

test('a system whose clock is ahead of ours deletes by its own clock', async () => {
  const ahead = new Date(SEEN_AT.getTime() + 5_000);
  await remove('CLM-1', ahead);

  expect(await save([item('CLM-1', { updatedAt: ahead })])).toEqual([{ key: 'CLM-1', change: 'UNCHANGED' }]);
});

test('of one that is deleted and changed at once, in whatever order, nothing is left', async () => {
  const keys = Array.from({ length: 40 }, (_, index) => `CLM-${index}`);
  await save(keys.slice(20).map((key) => item(key)));

  await Promise.all(keys.flatMap((key) => [save([item(key, { updatedAt: at(5) })]), remove(key)]));

  const { tenantId } = owner;
  const left = await database.readInTenant(tenantId, (tx) =>
    tx.externalItem.count({ where: { tenantId, deletedAt: null } }),
  );
  expect(left).toBe(0);
});

test('a deletion is forgotten after a while, or when the item was made anew', async () => {
  const long = new Date(Date.now() - 31 * 24 * 60 * 60 * 1000);
  await remove('OLD-1', null, long);
  await remove('NEW-1', null, new Date());
  await remove('ANEW-1', null, new Date());
  await save([item('KEPT-1')]);

  await purgeDeletedItems(database, 30, 100);
  await database.inTenant(owner.tenantId, async (tx) => {
    for (const key of ['ANEW-1', 'KEPT-1']) await forgetDeletion(tx, owner, key);
  });

  const left = await Promise.all(['OLD-1', 'NEW-1', 'ANEW-1', 'KEPT-1'].map(kept));
  expect(left.map((row) => row !== null)).toEqual([false, true, false, true]);
});
