/** What Flowgrid understood of a process description. Every element carries its place in the text. */

/** Place in the source text: UTF-16 code units, `end` exclusive. */
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
}

export interface ProcessGateway extends Element {
  readonly kind: 'XOR' | 'AND' | 'OR';
  readonly conditions: readonly string[];
}

export interface ProcessFlow extends Element {
  /** Ids of activities or gateways. */
  readonly sourceId: string;
  readonly targetId: string;
  readonly condition: string | null;
}

export interface ProcessTrigger extends Element {
  readonly kind: 'MESSAGE' | 'TIMER' | 'MANUAL';
  readonly description: string;
}

export interface ProcessRule extends Element {
  readonly kind: 'DEADLINE' | 'OBLIGATION' | 'PROHIBITION' | 'THRESHOLD';
  readonly description: string;
}

export interface ProcessException extends Element {
  readonly description: string;
}

export interface ProcessQuestion extends Element {
  readonly question: string;
}

export interface ProcessModel {
  readonly revision: number;
  readonly actors: readonly ProcessActor[];
  readonly activities: readonly ProcessActivity[];
  readonly gateways: readonly ProcessGateway[];
  readonly flows: readonly ProcessFlow[];
  readonly dataObjects: readonly ProcessDataObject[];
  readonly systems: readonly ProcessSystem[];
  readonly triggers: readonly ProcessTrigger[];
  readonly rules: readonly ProcessRule[];
  readonly exceptions: readonly ProcessException[];
  readonly openQuestions: readonly ProcessQuestion[];
}
