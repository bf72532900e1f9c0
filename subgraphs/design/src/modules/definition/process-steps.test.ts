import { expect, test } from 'vitest';
import { cpuGrowth } from '../../testkit/cpu-growth.ts';
import type { ProcessFlow, ProcessModel } from '../process-model/process-model.ts';
import { toSteps } from './process-steps.ts';
import { EMPTY_MODEL, sampleActivity } from './samples.ts';

const flow = (sourceId: string, targetId: string): ProcessFlow => ({
  id: `${sourceId}-${targetId}`,
  span: { start: 0, end: 1 },
  sourceId,
  targetId,
  condition: null,
  isBack: false,
});

test('steps follow the flows, and a cycle is entered where the text begins', () => {
  const activities = ['first', 'second', 'third', 'fourth'].map((id, index) =>
    sampleActivity(index * 20, { id, verb: id }),
  );
  const flows = [flow('third', 'second'), flow('second', 'third'), flow('fourth', 'first')];

  const steps = toSteps({ ...EMPTY_MODEL, activities, flows });

  expect(steps.map((step) => step.type === 'ACTIVITY' && step.activity.id)).toEqual([
    'fourth',
    'first',
    'second',
    'third',
  ]);
});

// "check send pay ..." for 50,000 characters: steps looked through all others held the worker's thread for 40 seconds, longer
// than a lease, and with it the jobs of every other tenant.
test('the steps of the longest description do not hold up the worker', () => {
  const chain = (length: number): Pick<ProcessModel, 'activities' | 'flows'> => {
    const ids = Array.from({ length }, (_, index) => `activity-${index}`);
    const activities = ids.map((id, index) => sampleActivity(index, { id, verb: 'check' }));
    return { activities, flows: ids.slice(1).map((id, index) => flow(`activity-${index}`, id)) };
  };
  const part = { ...EMPTY_MODEL, ...chain(1_667) };
  const whole = { ...EMPTY_MODEL, ...chain(6_667) };

  expect(toSteps(whole).at(-1)).toMatchObject({ number: 6_667, activity: { id: 'activity-6666' } });
  expect(cpuGrowth({ small: () => toSteps(part), large: () => toSteps(whole) })).toBeLessThan(10);
});
