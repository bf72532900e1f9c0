/** Single elements as they were given, with what was left out. */
import type {
  ActivityInput,
  ActorInput,
  DataObjectInput,
  EndInput,
  ExceptionInput,
  GatewayInput,
  QuestionInput,
  RuleInput,
  SystemInput,
  TriggerInput,
} from './model-input.ts';
import type {
  ProcessActivity,
  ProcessActor,
  ProcessDataObject,
  ProcessEnd,
  ProcessException,
  ProcessFlow,
  ProcessGateway,
  ProcessQuestion,
  ProcessRule,
  ProcessSystem,
  ProcessTrigger,
  Span,
} from './process-model.ts';

export interface Placed {
  readonly id: string;
  readonly span: Span;
}

export const words = (text: string | null | undefined): string | null => {
  const trimmed = text?.trim() ?? '';
  return trimmed === '' ? null : trimmed;
};

export const toGateway = (
  gateway: GatewayInput,
  place: Placed,
  flows: readonly ProcessFlow[],
): ProcessGateway => ({
  ...place,
  kind: gateway.kind ?? 'XOR',
  conditions:
    gateway.conditions?.map((condition) => condition.trim()) ??
    flows.flatMap(({ condition }) => condition ?? []),
  defaultFlowId: gateway.defaultFlowId ?? null,
});

export const toTrigger = (trigger: TriggerInput, place: Placed): ProcessTrigger => ({
  ...place,
  kind: trigger.kind,
  description: trigger.description.trim(),
  timer: trigger.timer
    ? {
        interval: trigger.timer.interval ?? null,
        dayOfWeek: trigger.timer.dayOfWeek ?? null,
        dayOfMonth: trigger.timer.dayOfMonth ?? null,
        timeOfDay: trigger.timer.timeOfDay ?? null,
      }
    : null,
  activityId: trigger.activityId ?? null,
});

export const toRule = (rule: RuleInput, place: Placed): ProcessRule => ({
  ...place,
  kind: rule.kind,
  description: rule.description.trim(),
  activityId: rule.activityId ?? null,
  deadline: rule.deadline
    ? {
        relation: rule.deadline.relation ?? 'WITHIN',
        duration: rule.deadline.duration ?? null,
        isBusinessTime: rule.deadline.isBusinessTime ?? false,
        dayOfWeek: rule.deadline.dayOfWeek ?? null,
        timeOfDay: rule.deadline.timeOfDay ?? null,
      }
    : null,
  threshold: rule.threshold
    ? {
        amount: rule.threshold.amount,
        currency: rule.threshold.currency ?? null,
        unit: rule.threshold.unit ?? null,
        comparison: rule.threshold.comparison,
      }
    : null,
});

export const toEnd = (end: EndInput, place: Placed): ProcessEnd => ({
  ...place,
  description: end.description.trim(),
  sourceId: end.sourceId ?? null,
  condition: words(end.condition),
});

export const toActivity = (activity: ActivityInput, place: Placed): ProcessActivity => ({
  ...place,
  verb: activity.verb.trim(),
  object: words(activity.object),
  kind: activity.kind ?? 'USER',
  actorId: activity.actorId ?? null,
  recipientId: activity.recipientId ?? null,
  systemIds: activity.systemIds ?? [],
  inputIds: activity.inputIds ?? [],
  outputIds: activity.outputIds ?? [],
});

export const toActor = (actor: ActorInput, place: Placed): ProcessActor => ({
  ...place,
  name: actor.name.trim(),
  kind: actor.kind ?? 'ROLE',
  mentions: actor.mentions ?? [],
});

export const toDataObject = (dataObject: DataObjectInput, place: Placed): ProcessDataObject => ({
  ...place,
  name: dataObject.name.trim(),
  mentions: dataObject.mentions ?? [],
});

export const toSystem = (system: SystemInput, place: Placed): ProcessSystem => ({
  ...place,
  name: system.name.trim(),
  integrationKind: system.integrationKind ?? null,
  role: system.role ?? 'TOOL',
});

export const toException = (exception: ExceptionInput, place: Placed): ProcessException => ({
  ...place,
  description: exception.description.trim(),
  activityId: exception.activityId ?? null,
});

export const toQuestion = (question: QuestionInput, place: Placed): ProcessQuestion => ({
  ...place,
  question: question.question.trim(),
  kind: question.kind ?? 'OTHER',
  elementIds: question.elementIds ?? [],
});
