/** The process of a diagram as steps and ways between them: events and joins are gone, what they said is kept. */
import type {
  ProcessActivity,
  ProcessGateway,
  ProcessTrigger,
} from '../../../process-model/process-model.ts';
import type { DataReference, DiagramActor, DiagramTimer } from './diagram.ts';

export interface ActivityStep {
  readonly type: 'ACTIVITY';
  readonly id: string;
  readonly name: string;
  readonly kind: ProcessActivity['kind'];
  readonly actor: DiagramActor | null;
  /** Whom a message goes to. */
  readonly recipient: DiagramActor | null;
  /** Whom a message comes from. */
  readonly sender: DiagramActor | null;
  readonly inputs: readonly DataReference[];
  readonly outputs: readonly DataReference[];
  readonly documentation: string;
  /** The sub-process that it is part of; empty for none. */
  readonly scopeName: string;
}

export interface GatewayStep {
  readonly type: 'GATEWAY';
  readonly id: string;
  /** The question of a decision; empty where the diagram gives none. */
  readonly name: string;
  readonly kind: ProcessGateway['kind'];
}

export type Step = ActivityStep | GatewayStep;

export interface Way {
  readonly sourceId: string;
  readonly targetId: string;
  readonly condition: string | null;
  /** Taken when no other condition holds. */
  readonly isDefault: boolean;
}

export interface DrawnStart {
  readonly name: string;
  readonly kind: ProcessTrigger['kind'];
  readonly timer: DiagramTimer | null;
  readonly sender: DiagramActor | null;
  /** A step; null where nothing follows. */
  readonly targetId: string | null;
}

export interface DrawnEnd {
  readonly name: string;
  readonly sourceId: string;
  readonly condition: string | null;
}

export interface DrawnException {
  readonly name: string;
  /** Null for one that may strike in a whole sub-process. */
  readonly stepId: string | null;
}

export interface DrawnDeadline {
  readonly name: string;
  readonly timer: DiagramTimer;
  /** WITHIN: the step must be over by then; AFTER: it begins then. */
  readonly relation: 'WITHIN' | 'AFTER';
  readonly stepId: string;
}

export interface DrawnProcess {
  readonly title: string;
  /** In flow order. */
  readonly steps: readonly Step[];
  readonly ways: readonly Way[];
  readonly starts: readonly DrawnStart[];
  readonly ends: readonly DrawnEnd[];
  readonly exceptions: readonly DrawnException[];
  readonly deadlines: readonly DrawnDeadline[];
  readonly outsiders: readonly DiagramActor[];
  readonly notes: readonly string[];
}
