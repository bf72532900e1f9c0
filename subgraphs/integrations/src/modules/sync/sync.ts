/** What is followed at a connected system, as the rest of the service sees it. */
export const SYNC_STATES = ['IDLE', 'QUEUED', 'RUNNING', 'FAILED'] as const;
export type SyncState = (typeof SYNC_STATES)[number];

export interface Sync {
  readonly id: string;
  readonly integrationId: string;
  /** Repository, project or table; null for everything that the credential shows. */
  readonly scope: string | null;
  readonly everyMinutes: number;
  readonly state: SyncState;
  readonly dueAt: Date;
  readonly isRequested: boolean;
  readonly cursor: string | null;
  /** When everything had been read for the first time: changes are events from then on. */
  readonly completedAt: Date | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  /** Of the run that is under way, or of the last one. */
  readonly itemsRead: number;
  readonly itemsCreated: number;
  readonly itemsUpdated: number;
  /** In a row. */
  readonly failures: number;
  readonly lastError: string | null;
  readonly createdAt: Date;
}

/** A sync that a worker runs: with what it must show with every write. */
export interface SyncClaim {
  readonly tenantId: string;
  readonly id: string;
  readonly attempt: number;
}

/** The claim is over: the sync was stopped, began anew, or was taken over by another worker. Nothing was written. */
export class SyncLost extends Error {
  override readonly name = 'SyncLost';
}
