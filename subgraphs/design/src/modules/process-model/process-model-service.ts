/** The history of process models of a session, and their editing. */

/** A revision in a session's history; the model itself is read when it is asked for. */
export interface ProcessModelRevision {
  readonly sessionId: string;
  readonly revision: number;
  readonly origin: 'ANALYSIS' | 'EDIT';
  readonly createdAt: Date;
}
