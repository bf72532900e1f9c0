/** A range of deliveries that is sent again in the background. STOPPED: the endpoint was disabled or deleted meanwhile. */
export interface WebhookReplay {
  readonly id: string;
  readonly endpointId: string;
  /** Inclusive. */
  readonly since: Date;
  /** Exclusive. */
  readonly until: Date;
  readonly onlyFailed: boolean;
  readonly state: 'RUNNING' | 'DONE' | 'STOPPED';
  /** Deliveries in the range when it was asked for. */
  readonly total: number;
  readonly replayed: number;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}
