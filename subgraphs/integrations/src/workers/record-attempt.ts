/** Notes how an attempt went: for the delivery, for the endpoint, and for those who want to hear of it. */
import type { Clock } from '@flowgrid/platform';
import type { IntegrationsDatabase, Tx } from '../database.ts';
import type { AttemptOutcome } from '../modules/webhook-delivery/attempt-outcome.ts';
import type { DeliveryTarget } from '../modules/webhook-delivery/delivery-target.ts';
import { afterFailure, isGivenUp, type EndpointHealth } from '../modules/webhook-delivery/endpoint-health.ts';
import { releaseNextOf } from '../modules/webhook-delivery/queue-store.ts';
import { MAX_ATTEMPTS, delayAfterMs } from '../modules/webhook-delivery/retry-schedule.ts';
import {
  finishAttempt,
  lockHealth,
  noteFailure,
  noteSuccess,
  type AttemptRecord,
  type ClaimedEndpoint,
  type DeliveryEnd,
  type StartedDelivery,
} from '../modules/webhook-delivery/run-store.ts';
import type { SentMessage } from '../modules/webhook-delivery/webhook-client.ts';
import { withoutSignatures } from '../modules/webhook-delivery/webhook-request.ts';
import { bySystem, recordEndpointChange } from '../modules/webhook-endpoint/record-endpoint-change.ts';
import { disableEndpoint } from '../modules/webhook-endpoint/webhook-endpoint-service.ts';
import { findEndpoint, findEndpointForUpdate } from '../modules/webhook-endpoint/webhook-endpoint-store.ts';
import type { WebhookDisabledReason } from '../modules/webhook-endpoint/webhook-endpoint.ts';

export interface Verdict {
  readonly claim: ClaimedEndpoint;
  readonly target: DeliveryTarget;
  readonly delivery: StartedDelivery;
  readonly headers: Readonly<Record<string, string>>;
  readonly sent: SentMessage;
  readonly outcome: AttemptOutcome;
}

interface Recorder {
  readonly database: IntegrationsDatabase;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface Recorded {
  /** False when the delivery was no longer this attempt's: then the log alone was written. */
  readonly isOurs: boolean;
  readonly isDisabled: boolean;
}

export async function recordAttempt(recorder: Recorder, verdict: Verdict): Promise<Recorded> {
  const { database, clock } = recorder;
  const { claim, outcome, delivery } = verdict;
  const way = isPlain(verdict) ? database.writeInTenant : database.inTenant;
  const { isOurs, health } = await way(claim.tenantId, (tx) => record(tx, recorder, verdict));
  const reason = reasonToDisable(outcome, health, clock.now());
  const isDisabled = reason !== null && !delivery.isTest;
  if (isDisabled) await disable(recorder, claim, reason);
  return { isOurs, isDisabled };
}

/** Delivered, as those before it, and none waits for it: nothing is written but the end of the attempt, in one statement. */
function isPlain({ outcome, target }: Verdict): boolean {
  return outcome.kind === 'DELIVERED' && !target.isOrdered && !target.hasFailed;
}

async function record(
  tx: Tx,
  { clock, random }: Recorder,
  verdict: Verdict,
): Promise<{ readonly isOurs: boolean; readonly health: EndpointHealth | null }> {
  const { claim, target, delivery, outcome } = verdict;
  const now = clock.now();
  const { isOrdered, hasFailed } = target;
  const isDelivered = outcome.kind === 'DELIVERED';
  // Its place in the queue is locked before the delivery: everybody does it in this order.
  const before = isDelivered && !isOrdered ? null : await lockHealth(tx, claim);
  const end = toEnd(verdict, now, random);
  const attempt = {
    deliveryId: delivery.id,
    number: delivery.attempt,
    record: toRecord(verdict),
    end,
    now,
  };
  const isOurs = await finishAttempt(tx, claim, attempt);
  if (isOurs && end.state !== 'PENDING' && isOrdered)
    await releaseNextOf(tx, claim, { resource: delivery.resource, now });
  if (delivery.isTest) return { isOurs, health: null };
  if (isDelivered) {
    if (hasFailed || (before?.failures ?? 0) > 0) await noteSuccess(tx, claim);
    return { isOurs, health: null };
  }
  if (before === null) return { isOurs, health: null };
  const health = afterFailure(before, now);
  const notBefore = outcome.kind === 'THROTTLED' ? new Date(now.getTime() + outcome.pauseMs) : null;
  await noteFailure(tx, claim, { health, notBefore });
  if (isOurs && end.state === 'FAILED') await tellExhausted(tx, verdict, clock);
  return { isOurs, health };
}

/** What becomes of the delivery after this attempt. */
function toEnd({ outcome, delivery }: Verdict, now: Date, random: () => number): DeliveryEnd {
  if (outcome.kind === 'DELIVERED') return { state: 'DELIVERED' };
  const delayMs = delayAfterMs(delivery.step, random());
  // An example is for somebody who looks at how it went.
  if (outcome.kind === 'GONE' || delivery.isTest || delayMs === null) return { state: 'FAILED' };
  const pauseMs = outcome.kind === 'THROTTLED' ? outcome.pauseMs : 0;
  return { state: 'PENDING', nextAttemptAt: new Date(now.getTime() + Math.max(delayMs, pauseMs)) };
}

function toRecord({ outcome, headers, sent }: Verdict): AttemptRecord {
  const { answer, responseHeaders, responseBody, isBodyCut, durationMs } = sent;
  return {
    outcome: outcome.kind === 'DELIVERED' ? 'DELIVERED' : 'FAILED',
    requestHeaders: withoutSignatures(headers),
    responseStatus: answer.kind === 'answered' ? answer.status : null,
    responseHeaders,
    responseBody,
    isBodyCut,
    durationMs,
    error: outcome.kind === 'DELIVERED' ? null : outcome.error,
  };
}

/** What webhooks themselves tell of is given up in silence: else the news of one failure would be the next one to fail. */
async function tellExhausted(
  tx: Tx,
  { claim, delivery, sent, outcome }: Verdict,
  clock: Clock,
): Promise<void> {
  if (delivery.type.startsWith('webhook_') || delivery.step < MAX_ATTEMPTS) return;
  const endpoint = await findEndpoint(tx, claim.tenantId, claim.endpointId);
  if (endpoint === null) return;
  const { id: deliveryId, messageId, type, step: attempts } = delivery;
  const lastStatus = sent.answer.kind === 'answered' ? sent.answer.status : null;
  await recordEndpointChange(tx, bySystem(claim.tenantId, clock), {
    type: 'webhook_delivery.exhausted',
    endpoint,
    resourceId: deliveryId,
    changes: { endpointId: endpoint.id, type, attempts, lastStatus },
    toData: (snapshot) => ({
      endpoint: snapshot,
      deliveryId,
      messageId,
      type,
      attempts,
      lastStatus,
      lastError: outcome.kind === 'DELIVERED' ? null : outcome.error,
    }),
  });
}

function reasonToDisable(
  outcome: AttemptOutcome,
  health: EndpointHealth | null,
  now: Date,
): WebhookDisabledReason | null {
  if (outcome.kind === 'GONE') return 'GONE';
  return health !== null && isGivenUp(health, now) ? 'FAILING' : null;
}

/** In a transaction of its own, which locks the endpoint before its place in the queue. What is lost here, the next failure finds. */
async function disable(
  { database, clock }: Recorder,
  { tenantId, endpointId }: ClaimedEndpoint,
  reason: WebhookDisabledReason,
): Promise<void> {
  await database.inTenant(tenantId, async (tx) => {
    const current = await findEndpointForUpdate(tx, tenantId, endpointId);
    if (current === null || current.status === 'DISABLED') return;
    // A success, or somebody who has enabled it, may have come between.
    if (reason === 'FAILING' && !isGivenUp(current.health, clock.now())) return;
    await disableEndpoint(tx, bySystem(tenantId, clock), { current, reason });
  });
}
