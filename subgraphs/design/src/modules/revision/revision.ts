/** One design of a session: the first, or what became of a message or of an edited process model. */
import type { Actor } from '@flowgrid/access';
import type { EngineName, Rejection } from '../../engine/engine.ts';
import type { Proposal } from '../proposal/proposal.ts';

export const REVISION_KINDS = ['INITIAL', 'REFINEMENT', 'PROCESS_EDIT'] as const;
export type RevisionKind = (typeof REVISION_KINDS)[number];

/** What a session may have: more would fill its history for nobody's use. */
export const MAX_REVISIONS = 100;

/** Revisions of the process model: edits while it waits for approval make no design revision. */
export const MAX_PROCESS_REVISIONS = 200;

export interface DesignRevision {
  readonly sessionId: string;
  readonly number: number;
  readonly kind: RevisionKind;
  /** What was to be different; only of a REFINEMENT. */
  readonly message: string | null;
  readonly answer: string | null;
  /** Who did the newest work; null before the analysis. */
  readonly engine: EngineName | null;
  readonly model: string | null;
  readonly fallback: string | null;
  readonly author: Actor;
  readonly processRevision: number | null;
  /** Revision of the agent under redesign that this design started from. */
  readonly baseRevision: number | null;
  /** Null before VALIDATION. */
  readonly proposal: Proposal | null;
  readonly rejections: readonly Rejection[];
  readonly createdAt: Date;
  /** Null until everything of it is there: only then it can be accepted. */
  readonly finishedAt: Date | null;
}
