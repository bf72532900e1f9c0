import type { Found } from '../../engine/engine.ts';
import type { DesignPhase, DesignState } from '../session/session.ts';

/** Something that happened in a session; sequences start at 1 and have no gap. */
export interface DesignEvent {
  readonly sessionId: string;
  readonly sequence: number;
  readonly phase: DesignPhase;
  readonly state: DesignState;
  readonly percent: number;
  readonly message: string;
  readonly at: Date;
  /** The design revision it is about. */
  readonly revision: number;
  /** What was recognised since the event before, while the phase is at work. */
  readonly found: readonly Found[];
}
