/** A process model as a person or a program gives it: what can be derived or numbered may be left out. */
import type {
  ProcessActivity,
  ProcessActor,
  ProcessDataObject,
  ProcessDeadline,
  ProcessEnd,
  ProcessException,
  ProcessFlow,
  ProcessGateway,
  ProcessQuestion,
  ProcessRule,
  ProcessSystem,
  ProcessThreshold,
  ProcessTimer,
  ProcessTrigger,
} from './process-model.ts';

/** Only `Given` must be there; null means left out. */
type Draft<Type, Given extends keyof Type> = Pick<Type, Given> & {
  readonly [Key in Exclude<keyof Type, Given>]?: Type[Key] | null | undefined;
};

type DeadlineInput = Draft<ProcessDeadline, never>;
type ThresholdInput = Draft<ProcessThreshold, 'amount' | 'comparison'>;
type TimerInput = Draft<ProcessTimer, never>;

export type ActorInput = Draft<ProcessActor, 'name'>;
export type ActivityInput = Draft<ProcessActivity, 'verb'>;
export type GatewayInput = Draft<ProcessGateway, never>;
export type FlowInput = Draft<ProcessFlow, 'sourceId' | 'targetId'>;
export type EndInput = Draft<ProcessEnd, 'description'>;
export type DataObjectInput = Draft<ProcessDataObject, 'name'>;
export type SystemInput = Draft<ProcessSystem, 'name'>;
export type TriggerInput = Draft<Omit<ProcessTrigger, 'timer'>, 'kind' | 'description'> & {
  readonly timer?: TimerInput | null | undefined;
};
export type RuleInput = Draft<Omit<ProcessRule, 'deadline' | 'threshold'>, 'kind' | 'description'> & {
  readonly deadline?: DeadlineInput | null | undefined;
  readonly threshold?: ThresholdInput | null | undefined;
};
export type ExceptionInput = Draft<ProcessException, 'description'>;
export type QuestionInput = Draft<ProcessQuestion, 'question'>;

type Listed<Input> = readonly Input[] | null | undefined;

/** What `ProcessModelInput` of the GraphQL schema holds. Hand-offs are always derived. */
export interface ProcessModelInput {
  readonly actors?: Listed<ActorInput>;
  readonly activities?: Listed<ActivityInput>;
  readonly gateways?: Listed<GatewayInput>;
  readonly flows?: Listed<FlowInput>;
  readonly ends?: Listed<EndInput>;
  readonly dataObjects?: Listed<DataObjectInput>;
  readonly systems?: Listed<SystemInput>;
  readonly triggers?: Listed<TriggerInput>;
  readonly rules?: Listed<RuleInput>;
  readonly exceptions?: Listed<ExceptionInput>;
  readonly openQuestions?: Listed<QuestionInput>;
}
