import { expect, test } from 'vitest';
import { DESIGN_PHASES } from '../session/session.ts';
import { nextPhase, percentAfter } from './phase-percent.ts';

test('percent rises from phase to phase and ends at 100', () => {
  const percents = DESIGN_PHASES.map(percentAfter);

  expect(percents).toEqual(percents.toSorted((left, right) => left - right));
  expect(new Set(percents).size).toBe(percents.length);
  expect(percents.at(-1)).toBe(100);
});

test('a session goes on at the first phase that has not finished', () => {
  expect(nextPhase(new Set())).toEqual({ phase: 'CONTEXT', percent: 0 });
  expect(nextPhase(new Set(['CONTEXT', 'ANALYSIS']))).toEqual({ phase: 'DESIGN', percent: 40 });
});
