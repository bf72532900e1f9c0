/** What a BPMN diagram says, free of the form in which it is stored. Names are clean single lines. */
import type {
  ProcessActivity,
  ProcessActor,
  ProcessGateway,
  ProcessTrigger,
} from '../../../process-model/process-model.ts';

export interface DiagramTimer {
  readonly kind: 'DATE' | 'DURATION' | 'CYCLE';
  readonly value: string;
}

export type EventKind = 'NONE' | 'MESSAGE' | 'TIMER' | 'ERROR' | 'OTHER';

interface NodeFacts {
  /** As in the file. */
  readonly id: string;
  readonly name: string;
  readonly documentation: string;
  /** The actor whose lane or pool it lies in. */
  readonly actor: DiagramActor | null;
  /** The expanded sub-process that it lies in. */
  readonly parentId: string | null;
}

export interface TaskNode extends NodeFacts {
  readonly type: 'TASK';
  readonly kind: ProcessActivity['kind'];
  readonly inputs: readonly DataReference[];
  readonly outputs: readonly DataReference[];
  readonly defaultFlowId: string | null;
}

export interface GatewayNode extends NodeFacts {
  readonly type: 'GATEWAY';
  readonly kind: ProcessGateway['kind'];
  /** What happens first decides which way is taken. */
  readonly isEventBased: boolean;
  readonly defaultFlowId: string | null;
}

/** A sub-process that shows what is inside. */
export interface ScopeNode extends NodeFacts {
  readonly type: 'SCOPE';
  /** Started by an event of its own, not by a flow. */
  readonly isEventScope: boolean;
}

export interface EventNode extends NodeFacts {
  readonly type: 'START' | 'CATCH' | 'THROW' | 'END';
  readonly event: EventKind;
  readonly timer: DiagramTimer | null;
}

export interface BoundaryNode extends NodeFacts {
  readonly type: 'BOUNDARY';
  readonly event: EventKind;
  readonly timer: DiagramTimer | null;
  readonly attachedTo: string;
}

export type DiagramNode = TaskNode | GatewayNode | ScopeNode | EventNode | BoundaryNode;

export interface DiagramActor {
  readonly name: string;
  readonly kind: ProcessActor['kind'];
}

export interface DataReference {
  readonly name: string;
  readonly isStore: boolean;
}

export interface DiagramFlow {
  readonly id: string;
  readonly sourceId: string;
  readonly targetId: string;
  readonly condition: string | null;
}

export interface DiagramMessage {
  readonly name: string;
  /** Node, or null for a pool whose process is not shown. */
  readonly sourceId: string | null;
  readonly targetId: string | null;
  readonly sender: DiagramActor | null;
  readonly recipient: DiagramActor | null;
}

export interface Diagram {
  readonly title: string;
  readonly nodes: readonly DiagramNode[];
  readonly flows: readonly DiagramFlow[];
  readonly messages: readonly DiagramMessage[];
  /** Pools whose process is not shown. */
  readonly outsiders: readonly DiagramActor[];
  readonly notes: readonly string[];
}

export const TRIGGER_OF: Readonly<Record<EventKind, ProcessTrigger['kind']>> = {
  NONE: 'MANUAL',
  MESSAGE: 'MESSAGE',
  TIMER: 'TIMER',
  ERROR: 'MESSAGE',
  OTHER: 'MESSAGE',
};
