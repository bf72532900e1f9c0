/** An endpoint as the rest of the service sees it: without what it signs with. */
import type { EndpointHealth } from '../webhook-delivery/endpoint-health.ts';
import type { WebhookSigning } from './webhook-keys.ts';

export const WEBHOOK_ORDERINGS = ['RESOURCE', 'NONE'] as const;
export type WebhookOrdering = (typeof WEBHOOK_ORDERINGS)[number];

export const WEBHOOK_ENDPOINT_STATUSES = ['ENABLED', 'DISABLED'] as const;
export type WebhookEndpointStatus = (typeof WEBHOOK_ENDPOINT_STATUSES)[number];

/** By a person; by its answer 410; after days of nothing but failures. */
export const WEBHOOK_DISABLED_REASONS = ['MANUAL', 'GONE', 'FAILING'] as const;
export type WebhookDisabledReason = (typeof WEBHOOK_DISABLED_REASONS)[number];

export interface WebhookEndpoint {
  readonly id: string;
  readonly url: string;
  readonly description: string;
  readonly events: readonly string[];
  readonly signing: WebhookSigning;
  readonly ordering: WebhookOrdering;
  readonly status: WebhookEndpointStatus;
  readonly disabledReason: WebhookDisabledReason | null;
  readonly disabledAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly secrets: readonly WebhookSecret[];
  readonly health: EndpointHealth;
  /** It asked to be left alone until then. */
  readonly pausedUntil: Date | null;
}

/** What may be known of a secret. */
export interface WebhookSecret {
  readonly id: string;
  /** Null for a shared one. */
  readonly publicKey: string | null;
  readonly createdAt: Date;
  /** Null for the one that stays. */
  readonly expiresAt: Date | null;
}

/** How an endpoint has answered lately. */
export interface WebhookStatistics {
  readonly delivered: number;
  readonly failed: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}
