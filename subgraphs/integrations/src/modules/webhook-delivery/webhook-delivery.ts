/** A message on its way to an endpoint, and the log of what was tried. */

/** HELD was not sent because the endpoint is disabled. */
export const WEBHOOK_DELIVERY_STATES = ['PENDING', 'DELIVERED', 'FAILED', 'HELD'] as const;
export type WebhookDeliveryState = (typeof WEBHOOK_DELIVERY_STATES)[number];

export interface WebhookDelivery {
  readonly id: string;
  readonly endpointId: string;
  readonly messageId: string;
  readonly type: string;
  readonly resource: string;
  readonly state: WebhookDeliveryState;
  /** Attempts so far. */
  readonly attempt: number;
  readonly nextAttemptAt: Date | null;
  /** Stands behind another one of its resource. */
  readonly isWaiting: boolean;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly finishedAt: Date | null;
}

/** STARTED stays where a worker was lost before it noted how it went. */
export const WEBHOOK_ATTEMPT_OUTCOMES = ['STARTED', 'DELIVERED', 'FAILED'] as const;
export type WebhookAttemptOutcome = (typeof WEBHOOK_ATTEMPT_OUTCOMES)[number];

export interface WebhookAttempt {
  readonly number: number;
  readonly at: Date;
  readonly outcome: WebhookAttemptOutcome;
  readonly url: string;
  readonly requestHeaders: unknown;
  readonly bodyBytes: number;
  readonly bodySha256: string;
  readonly responseStatus: number | null;
  readonly responseHeaders: unknown;
  readonly responseBody: string | null;
  readonly isBodyCut: boolean;
  readonly durationMs: number | null;
  readonly error: string | null;
}

/** How long a message waits for an earlier one of its resource that is being tried again. */
export const LONGEST_ORDER_WAIT_MS = 10 * 60 * 1000;
