import { expect, test } from 'vitest';
import { EMPTY_MODEL, HOSTILE_MODEL, sampleActivity, sampleFlow } from '../definition/samples.ts';
import type { ProcessFlow, ProcessGateway, ProcessModel } from '../process-model/process-model.ts';
import { enumeratePaths } from './process-paths.ts';

/** `a`, `b`... are activities; `g1`, `g2`... gateways of the kind given. */
function model(
  lines: readonly string[],
  kinds: Readonly<Record<string, ProcessGateway['kind']>> = {},
): ProcessModel {
  const flows = lines.map((line, index): ProcessFlow => {
    const [way = '', condition = null] = line.split(' if ');
    const [from = '', to = ''] = way.split('>');
    return sampleFlow(index + 1, from, to, condition);
  });
  const nodes = [...new Set(flows.flatMap(({ sourceId, targetId }) => [sourceId, targetId]))];
  return {
    ...EMPTY_MODEL,
    activities: nodes
      .filter((id) => !(id in kinds))
      .map((id, index) => sampleActivity(index * 10 + 1, { id, verb: 'do', object: id })),
    gateways: Object.entries(kinds).map(([id, kind], index) => ({
      id,
      span: { start: index + 5_000, end: index + 5_001 },
      kind,
      conditions: [],
      defaultFlowId: null,
    })),
    flows,
  };
}

const ways = (process: ProcessModel): readonly string[] =>
  enumeratePaths(process).paths.map(
    ({ activityIds, given }) => `${activityIds.join(' ')} | ${given.join('; ')}`,
  );

test('a straight process is one way', () => {
  expect(ways(model(['a>b', 'b>c']))).toEqual(['a b c | ']);
});

test('a choice is as many ways as it has sides, and "otherwise" is said in words', () => {
  const process = model(['a>g', 'g>b if if it rains', 'g>c if otherwise'], { g: 'XOR' });

  expect(ways(process)).toEqual(['a b | it rains', 'a c | it is not so that it rains']);
});

test('a choice of which one side is told may also lead nowhere', () => {
  const process = model(['a>g', 'g>b if it rains'], { g: 'XOR' });

  expect(ways(process)).toEqual(['a b | it rains', 'a | it is not so that it rains']);
});

test('a choice without words is named by what follows', () => {
  const process = model(['a>g', 'g>b', 'g>c'], { g: 'XOR' });

  expect(ways(process)).toEqual(['a b | «Do b» rather than «Do c»', 'a c | «Do c» rather than «Do b»']);
});

test('what happens at the same time is all done before it goes on', () => {
  const process = model(['a>g', 'g>b', 'g>c', 'b>j', 'c>j', 'j>d'], { g: 'AND', j: 'AND' });

  expect(ways(process)).toEqual(['a b c d | ']);
});

test('choices within parallel work multiply', () => {
  const process = model(
    ['a>g', 'g>x', 'g>c', 'x>b if it rains', 'x>e if otherwise', 'b>j', 'e>j', 'c>j', 'j>d'],
    {
      g: 'AND',
      x: 'XOR',
      j: 'AND',
    },
  );

  expect(ways(process)).toEqual(['a b c d | it rains', 'a e c d | it is not so that it rains']);
});

test('an inclusive choice is each side alone and all together', () => {
  const process = model(['a>g', 'g>b if it rains', 'g>c if it snows', 'b>j', 'c>j', 'j>d'], {
    g: 'OR',
    j: 'OR',
  });

  expect(ways(process)).toEqual(['a b d | it rains', 'a c d | it snows', 'a b c d | it rains; it snows']);
});

test('a repetition happens once', () => {
  const process = model(['a>b', 'b>g', 'g>a if it failed', 'g>c if otherwise'], { g: 'XOR' });

  expect(ways(process)).toEqual([
    'a b a b c | it failed; later it is not so that it failed',
    'a b c | it is not so that it failed',
  ]);
});

test('a repetition without a way out ends', () => {
  const { paths } = enumeratePaths(model(['a>b', 'b>a']));

  expect(paths.map(({ activityIds }) => activityIds.length)).toEqual([7]);
});

/** `count` choices after each other: two to the power of `count` ways. */
function manyChoices(count: number): ProcessModel {
  const numbers = Array.from({ length: count }, (_, index) => index);
  const lines = numbers.flatMap((at) => [
    `a${at}>g${at}`,
    `g${at}>b${at} if ${at} holds`,
    `g${at}>c${at} if otherwise`,
    `b${at}>a${at + 1}`,
    `c${at}>a${at + 1}`,
  ]);
  return model(lines, Object.fromEntries(numbers.map((at) => [`g${at}`, 'XOR' as const])));
}

test('up to 32 ways are all taken', () => {
  expect(enumeratePaths(manyChoices(5)).paths).toHaveLength(32);
});

test('of more ways, so many are taken that every branch is covered', () => {
  const { paths, isCut, uncovered } = enumeratePaths(manyChoices(40));
  const done = new Set(paths.flatMap(({ activityIds }) => activityIds));

  expect({ isCut, uncovered, activities: done.size }).toEqual({ isCut: true, uncovered: 0, activities: 121 });
  expect(paths.length).toBeLessThanOrEqual(32);
});

test('a choice of a hundred sides says how many are left untaken', () => {
  const sides = Array.from({ length: 100 }, (_, index) => `g>b${index} if ${index} holds`);

  const { paths, uncovered } = enumeratePaths(model(['a>g', ...sides], { g: 'XOR' }));

  expect([paths.length, uncovered]).toEqual([32, 68]);
});

test('a hostile model with repeated ids, cycles and dangling flows comes to an end', () => {
  expect(enumeratePaths(HOSTILE_MODEL).paths.length).toBeLessThanOrEqual(32);
});
