/** Hands the events of an outbox to the transport, in their order, at least once. */
import { setTimeout as delay } from 'node:timers/promises';
import { WakeUp, type Logger } from '@flowgrid/platform';
import { DeadLetterError, MAX_BODY_BYTES, type Message, type Transport } from '../transport/transport.ts';
import type { TenantDatabase } from './outbox-database.ts';
import { OutboxLease } from './outbox-lease.ts';
import { buryEvent, deleteSent, readOutbox, type OutboxEvent } from './outbox-store.ts';

export interface OutboxRelayOptions {
  /** The service's database, as it is before `withOutbox`. */
  readonly database: TenantDatabase;
  readonly transport: Pick<Transport, 'publish'>;
  readonly logger: Logger;
  /** After how long without a sign of life another replica takes over. */
  readonly leaseSeconds?: number;
  /** How often the relay looks by itself. */
  readonly pollMs?: number;
}

/** Disposing finishes the batch under way and lets another replica take over. */
export interface OutboxRelay extends AsyncDisposable {
  /** Events were written, by this process or, as an announcement says, by another. */
  wake(): void;
}

const LEASE_SECONDS = 10;
const POLL_MS = 1_000;
const BATCH_EVENTS = 200;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;

/**
 * Starts to hand over. Every replica of a service runs one; the lease lets one at a time do the work. An event is taken
 * out of the outbox after the transport has it: whoever is lost in between, it is sent again by the next.
 */
export function startOutboxRelay(options: OutboxRelayOptions): OutboxRelay {
  return new Relay(options);
}

class Relay implements OutboxRelay {
  readonly #options: OutboxRelayOptions;
  readonly #lease: OutboxLease;
  readonly #wakeUp = new WakeUp();
  readonly #stopping = new AbortController();
  readonly #loop: Promise<void>;

  constructor(options: OutboxRelayOptions) {
    this.#options = options;
    this.#lease = new OutboxLease({ leaseSeconds: LEASE_SECONDS, ...options });
    this.#loop = this.#run();
  }

  wake(): void {
    this.#wakeUp.wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    this.#wakeUp.wake();
    await this.#loop;
    await this.#lease[Symbol.asyncDispose]();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { logger, pollMs = POLL_MS } = this.#options;
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      try {
        const token = await this.#lease.hold();
        const count = token === null ? 0 : await this.#relay(token);
        retryMs = FIRST_RETRY_MS;
        if (count === 0) await this.#wakeUp.wait(pollMs);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        logger.warn({ reason, retryInMs: retryMs }, 'events cannot be handed over');
        // New events do not shorten the pause; the end of the process does.
        await delay(retryMs, undefined, { signal }).catch(() => undefined);
        retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
      }
    }
  }

  /** Gives how many events it has seen. */
  async #relay(token: bigint): Promise<number> {
    const { database } = this.#options;
    const events = await readOutbox(database, { token, limit: BATCH_EVENTS });
    const sendable = events.filter((event) => !isTooLarge(event));
    for (const event of events.filter(isTooLarge)) await this.#bury(token, event, 'too-large');
    if (sendable.length > 0) await this.#publish(token, sendable);
    return events.length;
  }

  async #publish(token: bigint, events: readonly OutboxEvent[]): Promise<void> {
    const { database, transport } = this.#options;
    try {
      await transport.publish(events.map(toMessage));
    } catch (error) {
      if (!(error instanceof DeadLetterError)) throw error;
      const [only, ...others] = events;
      if (only === undefined || others.length > 0) {
        // One of them can never be sent: which one shows when each goes alone.
        for (const event of events) await this.#publish(token, [event]);
        return;
      }
      await this.#bury(token, only, error.reason);
      return;
    }
    await deleteSent(database, token, events);
  }

  async #bury(token: bigint, event: OutboxEvent, reason: string): Promise<void> {
    this.#options.logger.error({ eventId: event.id, type: event.type, reason }, 'an event can never be sent');
    await buryEvent(this.#options.database, token, { event, reason });
  }
}

function isTooLarge({ body }: OutboxEvent): boolean {
  return Buffer.byteLength(body) > MAX_BODY_BYTES;
}

function toMessage({ tenantId, id, type, subject, body }: OutboxEvent): Message {
  // Ids of agents may be chosen by clients: two tenants may have the same, and do not wait for each other.
  return { id, tenantId, type, orderKey: `${tenantId}/${subject}`, body };
}
