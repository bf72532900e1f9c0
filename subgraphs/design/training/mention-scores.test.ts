import { expect, test } from 'vitest';
import { LABELS } from '../src/modules/process-model/analysis/tagger/labels.ts';
import type { Label } from '../src/modules/process-model/analysis/tagger/labels.ts';
import { scoreMentions } from './mention-scores.ts';

const segment = (type: Label, first: number, end: number): { label: number; first: number; end: number } => ({
  label: LABELS.indexOf(type),
  first,
  end,
});

test('a mention is right when type and both ends are exact', () => {
  const { all, byType } = scoreMentions([
    {
      gold: [segment('ACTOR', 0, 2), segment('ACTIVITY', 2, 3), segment('ACTIVITY_DATA', 3, 6)],
      found: [segment('ACTOR', 0, 2), segment('ACTIVITY', 2, 3), segment('ACTIVITY_DATA', 3, 5)],
    },
    { gold: [segment('ACTOR', 0, 1)], found: [segment('ACTIVITY_DATA', 0, 1)] },
    { gold: [], found: [segment('ACTOR', 4, 5)] },
  ]);

  expect(all).toEqual({ found: 5, right: 2, gold: 4, precision: 2 / 5, recall: 2 / 4, f1: 4 / 9 });
  expect(byType.find(({ type }) => type === 'ACTOR')).toEqual({
    type: 'ACTOR',
    found: 2,
    right: 1,
    gold: 2,
    precision: 0.5,
    recall: 0.5,
    f1: 0.5,
  });
});

test('nothing found and nothing to find is no division by zero', () => {
  expect(scoreMentions([{ gold: [], found: [] }]).all.f1).toBe(0);
});
