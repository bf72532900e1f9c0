/** What Flowgrid understood of a process description. Every element carries its place in the text. */

/** Place in the source text: UTF-16 code units, `end` exclusive. What a person added stands nowhere: `{ start: 0, end: 0 }`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

interface Element {
  /** Stable within one model: `actor-1`, `activity-3`, `gateway-2`... */
  readonly id: string;
  readonly span: Span;
}

export interface ProcessActor extends Element {
  readonly name: string;
  readonly kind: 'PERSON' | 'ROLE' | 'ORGANIZATION' | 'SYSTEM' | 'EXTERNAL';
  /** Every place that speaks of this actor, pronouns included, in text order. */
  readonly mentions?: readonly Span[];
}

export interface ProcessActivity extends Element {
  /** Verb in its base form: `check`. */
  readonly verb: string;
  /** What the verb acts upon, as written, without a leading article. */
  readonly object: string | null;
  readonly kind: 'USER' | 'SERVICE' | 'MANUAL' | 'SEND' | 'RECEIVE' | 'DECISION';
  readonly actorId: string | null;
  readonly recipientId: string | null;
  readonly systemIds: readonly string[];
  readonly inputIds: readonly string[];
  readonly outputIds: readonly string[];
}

export interface ProcessDataObject extends Element {
  readonly name: string;
  /** Every place that speaks of this object, in text order. */
  readonly mentions?: readonly Span[];
}

export interface ProcessSystem extends Element {
  readonly name: string;
  /** The integration kind that reaches this system, when Flowgrid has one. */
  readonly integrationKind: 'GITHUB' | 'JIRA' | 'SERVICENOW' | null;
  /** PERFORMER works by itself; RECORD keeps what is written; SOURCE is only read; CHANNEL carries messages; TOOL is worked with. */
  readonly role: 'PERFORMER' | 'RECORD' | 'SOURCE' | 'CHANNEL' | 'TOOL';
}

export interface ProcessGateway extends Element {
  readonly kind: 'XOR' | 'AND' | 'OR';
  readonly conditions: readonly string[];
  /** The way that is taken when no condition holds. */
  readonly defaultFlowId: string | null;
}

export interface ProcessFlow extends Element {
  /** Ids of activities or gateways. */
  readonly sourceId: string;
  readonly targetId: string;
  readonly condition: string | null;
  /** Leads back to something that was done before: a repetition. */
  readonly isBack: boolean;
}

/** Where the process is over. */
export interface ProcessEnd extends Element {
  readonly description: string;
  /** The activity or gateway after which it is over. */
  readonly sourceId: string | null;
  /** On which condition it is over, when `sourceId` is a gateway. */
  readonly condition: string | null;
}

/** Work that passes from one actor to another; derived from activities and flows, never given. */
export interface ProcessHandoff extends Element {
  readonly fromActorId: string;
  readonly toActorId: string;
  readonly sourceActivityId: string;
  readonly targetActivityId: string;
}

export type Weekday = 'MONDAY' | 'TUESDAY' | 'WEDNESDAY' | 'THURSDAY' | 'FRIDAY' | 'SATURDAY' | 'SUNDAY';

export interface ProcessTimer {
  /** How often, as an ISO 8601 duration: `P1D`, `PT15M`. */
  readonly interval: string | null;
  readonly dayOfWeek: Weekday | null;
  /** 1 to 31; -1 is the last day. */
  readonly dayOfMonth: number | null;
  /** `07:00`, in the local time of the company. */
  readonly timeOfDay: string | null;
}

export interface ProcessTrigger extends Element {
  readonly kind: 'MESSAGE' | 'TIMER' | 'MANUAL';
  readonly description: string;
  /** Only for kind TIMER, as far as it can be read. */
  readonly timer: ProcessTimer | null;
  /** The activity that it starts. */
  readonly activityId: string | null;
}

export interface ProcessDeadline {
  /** WITHIN: at most so long; AFTER: once so much time is over; BEFORE: so long before something; BY: at a point in time. */
  readonly relation: 'WITHIN' | 'AFTER' | 'BEFORE' | 'BY';
  /** ISO 8601 duration: `PT48H`, `P2D`. */
  readonly duration: string | null;
  /** Counts working time only: `two business days`. */
  readonly isBusinessTime: boolean;
  readonly dayOfWeek: Weekday | null;
  readonly timeOfDay: string | null;
}

export interface ProcessThreshold {
  readonly amount: number;
  /** ISO 4217, when it is money. */
  readonly currency: string | null;
  /** `percent`, `items`..., when it is not money. */
  readonly unit: string | null;
  readonly comparison: 'ABOVE' | 'AT_LEAST' | 'BELOW' | 'AT_MOST';
}

export interface ProcessRule extends Element {
  readonly kind: 'DEADLINE' | 'OBLIGATION' | 'PROHIBITION' | 'THRESHOLD';
  readonly description: string;
  /** The activity that it binds. */
  readonly activityId: string | null;
  /** Only for kind DEADLINE, when it can be read. */
  readonly deadline: ProcessDeadline | null;
  /** Only for kind THRESHOLD, when it can be read. */
  readonly threshold: ProcessThreshold | null;
}

export interface ProcessException extends Element {
  readonly description: string;
  /** The activity that it strikes. */
  readonly activityId: string | null;
}

export type ProcessQuestionKind =
  | 'NO_PROCESS'
  | 'MISSING_ACTOR'
  | 'MISSING_TRIGGER'
  | 'MISSING_CONDITION'
  | 'DANGLING_BRANCH'
  | 'UNNAMED_SYSTEM'
  | 'OTHER';

export interface ProcessQuestion extends Element {
  readonly question: string;
  readonly kind: ProcessQuestionKind;
  /** The elements that it is about. */
  readonly elementIds: readonly string[];
}

export interface ProcessModel {
  readonly revision: number;
  readonly actors: readonly ProcessActor[];
  readonly activities: readonly ProcessActivity[];
  readonly gateways: readonly ProcessGateway[];
  readonly flows: readonly ProcessFlow[];
  readonly ends: readonly ProcessEnd[];
  readonly handoffs: readonly ProcessHandoff[];
  readonly dataObjects: readonly ProcessDataObject[];
  readonly systems: readonly ProcessSystem[];
  readonly triggers: readonly ProcessTrigger[];
  readonly rules: readonly ProcessRule[];
  readonly exceptions: readonly ProcessException[];
  readonly openQuestions: readonly ProcessQuestion[];
}
