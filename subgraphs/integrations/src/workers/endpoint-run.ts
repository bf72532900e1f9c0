/**
 * The work on one endpoint under one claim: what is due is sent, a few at once, and noted. An endpoint has at most one run at a
 * time, wherever there are workers, so its limit of requests at once and the order of its resources hold everywhere.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { FlowgridError, type Clock, type Logger } from '@flowgrid/platform';
import type { IntegrationsDatabase } from '../database.ts';
import type { SecretBox } from '../modules/credential/secret-box.ts';
import { toOutcome } from '../modules/webhook-delivery/attempt-outcome.ts';
import { findTarget, type DeliveryTarget } from '../modules/webhook-delivery/delivery-target.ts';
import type { EndpointKey } from '../modules/webhook-delivery/queue-store.ts';
import * as runs from '../modules/webhook-delivery/run-store.ts';
import type { SentMessage, WebhookClient } from '../modules/webhook-delivery/webhook-client.ts';
import { toWebhookHeaders } from '../modules/webhook-delivery/webhook-request.ts';
import type { WebhookQueue } from '../modules/webhook-delivery/webhook-work.ts';
import { toSigner, type MessageSigner } from '../modules/webhook-endpoint/webhook-keys.ts';
import { keepClaim, type KeptClaim } from './kept-claim.ts';
import { recordAttempt, type Verdict } from './record-attempt.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

export interface EndpointRunTools {
  readonly database: IntegrationsDatabase;
  readonly secretBox: SecretBox;
  readonly send: WebhookClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: WebhookMetrics;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly leaseSeconds: number;
  /** Tells who watches the endpoint, after the commit. */
  readonly announce: (endpointId: string) => void;
}

export interface RunOrder {
  readonly key: EndpointKey;
  readonly queue: WebhookQueue;
  /** Nothing more is begun. */
  readonly stopping: AbortSignal;
  /** What is under way is given up. */
  readonly aborted: AbortSignal;
}

/** Requests at once to an endpoint that answers, and to one that fails. */
const AT_ONCE = 10;
const AT_ONCE_FAILING = 2;
/** After so long others have their turn. */
const TURN_MS = 1_000;
/** While requests are under way, what comes meanwhile is looked for. */
const LOOK_AGAIN_MS = 250;
const HELD_AT_ONCE = 200;
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 5_000;

/**
 * Works on the endpoint if there is work and nobody else is at it. True when there is more that is due.
 * @throws when the database is away: the message comes again.
 */
export async function runEndpoint(tools: EndpointRunTools, order: RunOrder): Promise<boolean> {
  const { database, clock, leaseSeconds } = tools;
  const { key } = order;
  const claim = await database.writeInTenant(key.tenantId, (tx) =>
    runs.claimEndpoint(tx, key, { now: clock.now(), leaseSeconds }),
  );
  if (claim === null) return false;
  using kept = keepClaim(tools, claim);
  let dueAt: Date | null = null;
  try {
    // A statement after the claim: it sees what was changed by those whom the claim has waited for.
    const target = await database.readInTenant(key.tenantId, (tx) => findTarget(tx, key, clock.now()));
    if (target === null || !target.isEnabled) await holdAll(tools, claim);
    else {
      const signers = await openSigners(tools, key, target);
      await new EndpointRun(tools, order, { claim, target, signers, kept }).deliver();
    }
  } finally {
    dueAt = await database.writeInTenant(key.tenantId, (tx) => runs.releaseEndpoint(tx, claim));
  }
  return dueAt !== null && dueAt <= clock.now();
}

async function openSigners(
  { secretBox }: EndpointRunTools,
  { tenantId, endpointId }: EndpointKey,
  { secrets }: DeliveryTarget,
): Promise<readonly MessageSigner[]> {
  const opened = await secretBox.unlock(tenantId);
  return secrets.map(({ id, envelope }) => toSigner(opened.open({ owner: endpointId, field: id }, envelope)));
}

async function holdAll({ database, clock, announce }: EndpointRunTools, claim: EndpointKey): Promise<void> {
  let held: number;
  do {
    held = await database.writeInTenant(claim.tenantId, (tx) =>
      runs.holdDueDeliveries(tx, claim, { now: clock.now(), limit: HELD_AT_ONCE }),
    );
    if (held > 0) announce(claim.endpointId);
  } while (held === HELD_AT_ONCE);
}

interface RunState {
  readonly claim: runs.ClaimedEndpoint;
  readonly target: DeliveryTarget;
  readonly signers: readonly MessageSigner[];
  readonly kept: KeptClaim;
}

class EndpointRun {
  readonly #tools: EndpointRunTools;
  readonly #order: RunOrder;
  readonly #state: RunState;
  readonly #underWay = new Map<string, { readonly resource: string; readonly end: Promise<void> }>();
  readonly #turnEndsAt = performance.now() + TURN_MS;
  #isTurnOver = false;
  readonly #hadFailed: boolean;
  /** Nothing was due when it was looked last. */
  #isDrained = false;

  constructor(tools: EndpointRunTools, order: RunOrder, state: RunState) {
    this.#tools = tools;
    this.#order = order;
    this.#state = state;
    this.#hadFailed = state.target.hasFailed;
  }

  /** Ends when nothing is under way any more, also when it fails: else the message of a request that runs would be sent again. */
  async deliver(): Promise<void> {
    try {
      await this.#deliverInTurn();
    } finally {
      await Promise.all([...this.#underWay.values()].map(({ end }) => end));
    }
  }

  async #deliverInTurn(): Promise<void> {
    for (;;) {
      const room = (this.#hadFailed ? AT_ONCE_FAILING : AT_ONCE) - this.#underWay.size;
      if (room > 0 && !this.#isDrained && this.#mayBegin()) await this.#begin(room);
      if (this.#underWay.size === 0 && (this.#isDrained || !this.#mayBegin())) return;
      await this.#untilSomethingEnds();
    }
  }

  #mayBegin(): boolean {
    const isOver = this.#isTurnOver || performance.now() > this.#turnEndsAt;
    return !isOver && !this.#order.stopping.aborted && !this.#state.kept.isLost();
  }

  async #begin(limit: number): Promise<void> {
    const { database, clock } = this.#tools;
    const { claim, target } = this.#state;
    const started = await database.writeInTenant(claim.tenantId, (tx) =>
      runs.startDeliveries(tx, claim, {
        now: clock.now(),
        limit,
        isOrdered: target.isOrdered,
        busy: [...this.#underWay.values()].map(({ resource }) => resource),
        url: target.url,
      }),
    );
    this.#isDrained = started.length < limit;
    for (const delivery of started) {
      const end = this.#attempt(delivery).finally(() => this.#underWay.delete(delivery.id));
      this.#underWay.set(delivery.id, { resource: delivery.resource, end });
    }
  }

  async #untilSomethingEnds(): Promise<void> {
    if (this.#underWay.size === 0) return;
    const timer = new AbortController();
    const again = delay(LOOK_AGAIN_MS, 'look', { signal: timer.signal }).catch(() => 'stopped' as const);
    const first = await Promise.race([again, ...[...this.#underWay.values()].map(({ end }) => end)]);
    timer.abort();
    // The end of one may have made the next of its resource due.
    if (first === 'look' || this.#state.target.isOrdered) this.#isDrained = false;
  }

  /** Never rejects. */
  async #attempt(delivery: runs.StartedDelivery): Promise<void> {
    const { send, clock, metrics } = this.#tools;
    const { target, signers } = this.#state;
    const { queue, aborted } = this.#order;
    const at = clock.now();
    const headers = toWebhookHeaders({ id: delivery.messageId, body: delivery.body }, signers, at);
    metrics.moveInFlight(queue, 1);
    const sent = await send({ url: target.url, headers, body: delivery.body, signal: aborted });
    metrics.moveInFlight(queue, -1);
    // Whether it arrived is not known: it is sent again, with the same id.
    if (aborted.aborted && sent.answer.kind === 'unanswered') return this.#giveBack(delivery);
    metrics.observeDuration(queue, sent.durationMs);
    const outcome = toOutcome(sent.answer, at);
    if (outcome.kind === 'THROTTLED' || outcome.kind === 'GONE') this.#isTurnOver = true;
    // It goes on among those like it.
    if ((outcome.kind === 'DELIVERED') === this.#hadFailed) this.#isTurnOver = true;
    await this.#record(delivery, { headers, sent, outcome });
  }

  async #record(
    delivery: runs.StartedDelivery,
    made: {
      readonly headers: Readonly<Record<string, string>>;
      readonly sent: SentMessage;
      readonly outcome: Verdict['outcome'];
    },
  ): Promise<void> {
    const { logger, metrics, announce } = this.#tools;
    const { claim, target, kept } = this.#state;
    const { queue } = this.#order;
    for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 2, LONGEST_RETRY_MS)) {
      try {
        const { isOurs, isDisabled } = await recordAttempt(this.#tools, {
          claim,
          target,
          delivery,
          ...made,
        });
        if (isDisabled) this.#isTurnOver = true;
        metrics.countAttempt(queue, isOurs ? labelOf(made.outcome) : 'lost');
        announce(claim.endpointId);
        return;
      } catch (error) {
        const isWaitedOut =
          error instanceof FlowgridError && ['SERVICE_UNAVAILABLE', 'RATE_LIMITED'].includes(error.code);
        const { endpointId } = claim;
        logger.warn({ err: error, endpointId, deliveryId: delivery.id }, 'an attempt could not be noted');
        // Whoever claims the endpoint next finds it begun and not ended, and sends the message again.
        if (!isWaitedOut || kept.isLost() || this.#order.aborted.aborted) return;
        await delay(wait);
      }
    }
  }

  async #giveBack({ id: deliveryId, attempt: number }: runs.StartedDelivery): Promise<void> {
    const { database, logger, metrics } = this.#tools;
    const { claim } = this.#state;
    metrics.countAttempt(this.#order.queue, 'given_back');
    try {
      await database.writeInTenant(claim.tenantId, (tx) =>
        runs.giveBackDelivery(tx, claim, { deliveryId, number }),
      );
    } catch (error) {
      logger.warn({ err: error, deliveryId }, 'a delivery could not be given back; its claim ends by itself');
    }
  }
}

function labelOf(outcome: Verdict['outcome']): 'delivered' | 'failed' | 'throttled' | 'gone' {
  const labels = { DELIVERED: 'delivered', FAILED: 'failed', THROTTLED: 'throttled', GONE: 'gone' } as const;
  return labels[outcome.kind];
}
