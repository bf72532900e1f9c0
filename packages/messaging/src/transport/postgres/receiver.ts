/** Receives from one source: claims what is free, hands it to the handler, renews its lock, says what became of it. */
import { setTimeout as delay } from 'node:timers/promises';
import { WakeUp, type Logger } from '@flowgrid/platform';
import type { RetryDelay } from '../retry-delay.ts';
import { DeadLetterError, type Handler, type ReceiveOptions, type Receiver } from '../transport.ts';
import { HeldLocks, type Held } from './held-locks.ts';
import {
  receiveMessages,
  settleDeliveries,
  toDescription,
  type ClaimedMessage,
  type Outcome,
  type Queryable,
  type Settlement,
} from './queries.ts';

/** How often a receiver looks by itself, should it hear of nothing: also for what became due and what others lost. */
const POLL_MS = 1_000;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
/** Smaller than every tenant id. */
const BEFORE_EVERY_TENANT = '00000000-0000-0000-0000-000000000000';

export interface PostgresReceiverOptions extends ReceiveOptions {
  readonly pool: Queryable;
  readonly source: string;
  readonly handler: Handler;
  readonly lockSeconds: number;
  readonly maxDeliveries: number;
  readonly retryDelayMs: RetryDelay;
  readonly logger: Logger;
}

export class PostgresReceiver implements Receiver {
  readonly #options: PostgresReceiverOptions;
  readonly #held: HeldLocks;
  readonly #wakeUp = new WakeUp();
  readonly #stopping = new AbortController();
  readonly #settlements: Settlement[] = [];
  readonly #loop: Promise<void>;
  #isSettling = false;
  #afterTenant = BEFORE_EVERY_TENANT;

  constructor(options: PostgresReceiverOptions) {
    this.#options = options;
    this.#held = new HeldLocks(options);
    this.#loop = this.#run();
  }

  /** Something may have come. */
  wake(): void {
    this.#wakeUp.wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    this.#held.abortAll(new Error('the receiver stops'));
    this.#wakeUp.wake();
    await this.#loop;
    await this.#held.untilEmpty();
    this.#held[Symbol.dispose]();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      const count = this.#options.concurrency - this.#held.size;
      if (count <= 0) {
        await this.#wakeUp.wait(POLL_MS);
        continue;
      }
      try {
        const found = await this.#claim(count);
        retryMs = FIRST_RETRY_MS;
        if (found === 0) await this.#wakeUp.wait(POLL_MS);
      } catch (error) {
        this.#options.logger.warn(
          { source: this.#options.source, reason: toDescription(error), retryInMs: retryMs },
          'messages cannot be received',
        );
        await this.#wakeUp.wait(retryMs);
        retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
      }
    }
  }

  async #claim(count: number): Promise<number> {
    const { pool, source, lockSeconds, maxDeliveries } = this.#options;
    const claimedAt = performance.now();
    const messages = await receiveMessages(pool, source, {
      count,
      lockSeconds,
      maxDeliveries,
      afterTenant: this.#afterTenant,
    });
    this.#afterTenant = messages.at(-1)?.tenantId ?? BEFORE_EVERY_TENANT;
    for (const message of messages) {
      const held = this.#held.add(message, claimedAt);
      if (this.#stopping.signal.aborted) this.#settle(held, { kind: 'return' });
      else void this.#work(message, held);
    }
    return messages.length;
  }

  async #work(message: ClaimedMessage, held: Held): Promise<void> {
    const { deliveryId: _deliveryId, token: _token, ...delivery } = message;
    const outcome = await this.#handle({ ...delivery, signal: held.signal });
    this.#settle(held, outcome);
  }

  /** Never rejects. */
  async #handle(delivery: Parameters<Handler>[0]): Promise<Outcome> {
    const { handler, maxDeliveries, retryDelayMs, logger, source } = this.#options;
    try {
      await handler(delivery);
      return { kind: 'done' };
    } catch (error) {
      const description = toDescription(error);
      if (error instanceof DeadLetterError) return { kind: 'dead', reason: error.reason, description };
      if (this.#stopping.signal.aborted) return { kind: 'rest', delayMs: 0 };
      logger.warn(
        { source, messageId: delivery.id, attempt: delivery.attempt, err: error },
        'a message failed',
      );
      if (delivery.attempt >= maxDeliveries) return { kind: 'dead', reason: 'max-deliveries', description };
      return { kind: 'rest', delayMs: retryDelayMs(delivery.attempt) };
    }
  }

  #settle(held: Held, outcome: Outcome): void {
    this.#settlements.push({ lock: held.message, outcome });
    // All that end while one statement is under way go together with the next.
    if (!this.#isSettling) void this.#settleAll();
  }

  async #settleAll(): Promise<void> {
    this.#isSettling = true;
    let retryMs = FIRST_RETRY_MS;
    while (this.#settlements.length > 0) {
      const batch = this.#settlements.splice(0);
      try {
        await settleDeliveries(this.#options.pool, this.#options.source, batch);
        retryMs = FIRST_RETRY_MS;
        for (const settlement of batch) this.#finish(settlement);
      } catch (error) {
        const reason = toDescription(error);
        this.#options.logger.warn({ source: this.#options.source, reason }, 'deliveries cannot be settled');
        await this.#keepThoseWithLock(batch, retryMs);
        retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
      }
    }
    this.#isSettling = false;
  }

  /** What lost its lock is given to somebody else, whatever is said of it. At the end nobody waits for the others. */
  async #keepThoseWithLock(batch: readonly Settlement[], pauseMs: number): Promise<void> {
    if (!this.#stopping.signal.aborted) await delay(pauseMs);
    for (const settlement of batch) {
      const isHeld = !this.#stopping.signal.aborted && this.#held.has(settlement.lock);
      if (isHeld) this.#settlements.push(settlement);
      else this.#held.remove(settlement.lock);
    }
    this.#wakeUp.wake();
  }

  #finish({ lock, outcome }: Settlement): void {
    this.#held.remove(lock);
    this.#wakeUp.wake();
    if (outcome.kind === 'rest') setTimeout(() => this.#wakeUp.wake(), outcome.delayMs + 1).unref();
  }
}
