/** Process models as they come back from the database or from another thread. What older versions did not know gets a default. */
import { z } from 'zod';
import type { ProcessModel } from './process-model.ts';

const id = z.string();
const reference = id.nullable().default(null);
const span = z.object({ start: z.number(), end: z.number() });
const element = { id, span };
const mentions = z.array(span).default([]);
const condition = z.string().nullable();
const weekday = z
  .enum(['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'])
  .nullable();

const actor = z.object({
  ...element,
  name: z.string(),
  kind: z.enum(['PERSON', 'ROLE', 'ORGANIZATION', 'SYSTEM', 'EXTERNAL']),
  mentions,
});

const activity = z.object({
  ...element,
  verb: z.string(),
  object: z.string().nullable(),
  kind: z.enum(['USER', 'SERVICE', 'MANUAL', 'SEND', 'RECEIVE', 'DECISION']),
  actorId: id.nullable(),
  recipientId: id.nullable(),
  systemIds: z.array(id),
  inputIds: z.array(id),
  outputIds: z.array(id),
});

const system = z.object({
  ...element,
  name: z.string(),
  integrationKind: z.enum(['GITHUB', 'JIRA', 'SERVICENOW']).nullable(),
  role: z.enum(['PERFORMER', 'RECORD', 'SOURCE', 'CHANNEL', 'TOOL']).default('TOOL'),
});

const gateway = z.object({
  ...element,
  kind: z.enum(['XOR', 'AND', 'OR']),
  conditions: z.array(z.string()),
  defaultFlowId: reference,
});

const flow = z.object({
  ...element,
  sourceId: id,
  targetId: id,
  condition,
  isBack: z.boolean().default(false),
});

const end = z.object({ ...element, description: z.string(), sourceId: id.nullable(), condition });

const handoff = z.object({
  ...element,
  fromActorId: id,
  toActorId: id,
  sourceActivityId: id,
  targetActivityId: id,
});

const timer = z.object({
  interval: z.string().nullable(),
  dayOfWeek: weekday,
  dayOfMonth: z.number().nullable(),
  timeOfDay: z.string().nullable(),
});

const trigger = z.object({
  ...element,
  kind: z.enum(['MESSAGE', 'TIMER', 'MANUAL']),
  description: z.string(),
  timer: timer.nullable().default(null),
  activityId: reference,
});

const deadline = z.object({
  relation: z.enum(['WITHIN', 'AFTER', 'BEFORE', 'BY']),
  duration: z.string().nullable(),
  isBusinessTime: z.boolean(),
  dayOfWeek: weekday,
  timeOfDay: z.string().nullable(),
});

const threshold = z.object({
  amount: z.number(),
  currency: z.string().nullable(),
  unit: z.string().nullable(),
  comparison: z.enum(['ABOVE', 'AT_LEAST', 'BELOW', 'AT_MOST']),
});

const rule = z.object({
  ...element,
  kind: z.enum(['DEADLINE', 'OBLIGATION', 'PROHIBITION', 'THRESHOLD']),
  description: z.string(),
  activityId: reference,
  deadline: deadline.nullable().default(null),
  threshold: threshold.nullable().default(null),
});

const exception = z.object({ ...element, description: z.string(), activityId: reference });

const question = z.object({
  ...element,
  question: z.string(),
  kind: z
    .enum([
      'NO_PROCESS',
      'MISSING_ACTOR',
      'MISSING_TRIGGER',
      'MISSING_CONDITION',
      'DANGLING_BRANCH',
      'UNNAMED_SYSTEM',
      'OTHER',
    ])
    .default('OTHER'),
  elementIds: z.array(id).default([]),
});

const processModel: z.ZodType<ProcessModel> = z.object({
  revision: z.number().int(),
  actors: z.array(actor),
  activities: z.array(activity),
  gateways: z.array(gateway),
  flows: z.array(flow),
  ends: z.array(end).default([]),
  handoffs: z.array(handoff).default([]),
  dataObjects: z.array(z.object({ ...element, name: z.string(), mentions })),
  systems: z.array(system),
  triggers: z.array(trigger),
  rules: z.array(rule),
  exceptions: z.array(exception),
  openQuestions: z.array(question),
});

/** @throws ZodError for what is no process model: a bug, since this service stored it. */
export function parseStoredModel(value: unknown): ProcessModel {
  return processModel.parse(value);
}
