import { FlowgridError } from '@flowgrid/platform';
import { expect, test } from 'vitest';
import { followRows, type RowPage } from './follow-rows.ts';
import { createKeySignals } from './key-signals.ts';
import { shareReads } from './share-reads.ts';

interface Row {
  readonly sequence: number;
}

const LONG_MS = 60 * 60 * 1000;
const rowsTo = (count: number): readonly Row[] =>
  Array.from({ length: count }, (_, index) => ({ sequence: index + 1 }));

test('what is there comes first, then what is announced, each row once, until it is over', async () => {
  using signals = createKeySignals(LONG_MS);
  let count = 2;
  const read = async (after: number): Promise<RowPage<Row>> => ({
    rows: rowsTo(count).slice(after),
    isOver: count === 4,
  });
  const seen: number[] = [];
  const following = followRows({
    read,
    after: 0,
    openSignal: () => signals.open('a'),
    stopped: new AbortController().signal,
  });

  for await (const { sequence } of following) {
    seen.push(sequence);
    if (sequence < 2) continue;
    count = Math.min(sequence + 1, 4);
    signals.announce('a');
  }

  expect(seen).toEqual([1, 2, 3, 4]);
});

test('a row that is announced while it is read for is not slept over', async () => {
  using signals = createKeySignals(LONG_MS);
  let count = 0;
  const read = async (after: number): Promise<RowPage<Row>> => {
    const rows = rowsTo(count).slice(after);
    count = 1;
    signals.announce('a');
    return { rows, isOver: rows.length > 0 };
  };
  const seen: number[] = [];

  const following = followRows({
    read,
    after: 0,
    openSignal: () => signals.open('a'),
    stopped: new AbortController().signal,
  });
  for await (const { sequence } of following) seen.push(sequence);

  expect(seen).toEqual([1]);
});

test('a database that is away is waited for; any other failure ends it', async () => {
  using signals = createKeySignals(1);
  const failures = [new FlowgridError('SERVICE_UNAVAILABLE', 'away'), new Error('a bug')];
  const read = (): Promise<RowPage<Row>> => Promise.reject(failures.shift() ?? new Error('asked too often'));

  const following = followRows({
    read,
    after: 0,
    openSignal: () => signals.open('a'),
    stopped: new AbortController().signal,
  });

  await expect(following.next()).rejects.toThrow('a bug');
});

test('those who ask for the same at once share one read, and who comes later has another', async () => {
  let count = 0;
  const read = shareReads(
    (key: string) => key,
    async (key) => `${key} ${(count += 1)}`,
  );

  expect(await Promise.all([read('a'), read('a'), read('b')])).toEqual(['a 1', 'a 1', 'b 2']);
  expect(await read('a')).toBe('a 3');
});
