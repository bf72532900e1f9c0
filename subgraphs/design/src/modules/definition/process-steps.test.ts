import { expect, test } from 'vitest';
import { cpuGrowth } from '../../testkit/cpu-growth.ts';
import type { ProcessFlow, ProcessModel } from '../process-model/process-model.ts';
import { nextActivities, toSteps } from './process-steps.ts';
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
  expect(cpuGrowth({ small: () => toSteps({ ...part }), large: () => toSteps({ ...whole }) })).toBeLessThan(
    10,
  );
});

// Attack: 2,400 activities before a chain of as many gateways, in one updateProcessModel. Looked through for each activity, they
// held a worker for minutes, and after it each worker that took the job over.
test('a chain of gateways is followed in time that grows with its length alone', () => {
  const span = { start: 0, end: 1 };
  const chain = (length: number): ProcessModel => {
    const ids = Array.from({ length }, (_, index) => `gateway-${index}`);
    const gateways = ids.map(
      (id) => ({ id, span, kind: 'XOR', conditions: [], defaultFlowId: null }) as const,
    );
    const activities = ['first', 'last'].map((id, index) => sampleActivity(index * 20, { id, verb: id }));
    const flows = ['first', ...ids].map((id, index) => flow(id, ids[index] ?? 'last'));
    return { ...EMPTY_MODEL, activities, gateways, flows };
  };
  const after = (model: ProcessModel) =>
    model.activities.slice(0, 1).flatMap((activity) => nextActivities(model, activity));

  expect(after(chain(3)).map(({ id }) => id)).toEqual(['last']);
  expect(cpuGrowth({ small: () => after(chain(4_000)), large: () => after(chain(16_000)) })).toBeLessThan(10);
});
