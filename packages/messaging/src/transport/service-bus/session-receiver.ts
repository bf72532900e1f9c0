/** Accepts sessions of a source, as many at once as may be worked on, and hands each to a worker. */
import { setTimeout as delay } from 'node:timers/promises';
import { isServiceBusError } from '@azure/service-bus';
import { describeError } from './service-bus-failure.ts';
import { type AcceptedSession, type SessionWork, workOnSession } from './session-worker.ts';

export interface SessionReceiverOptions extends Omit<SessionWork, 'stopping'> {
  readonly concurrency: number;
  /** Waits for a session that has messages and that nobody holds. */
  readonly accept: () => Promise<AcceptedSession>;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

export class SessionReceiver {
  readonly #options: SessionReceiverOptions;
  readonly #stopping = new AbortController();
  readonly #workers = new Set<Promise<void>>();
  /** How many sessions may be asked for at once: one while there is nothing to do, more with every one that is given. */
  #askLimit = 1;
  #asking = 0;
  #failures = 0;

  constructor(options: SessionReceiverOptions) {
    this.#options = options;
    this.#ask();
  }

  /** Waits for handlers. A request for a session that is under way ends by itself: the SDK cannot take it back. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the receiver stops'));
    await Promise.all(this.#workers);
  }

  #ask(): void {
    const { concurrency } = this.#options;
    while (
      !this.#stopping.signal.aborted &&
      this.#asking < this.#askLimit &&
      this.#asking + this.#workers.size < concurrency
    ) {
      this.#asking += 1;
      void this.#acceptOne().finally(() => {
        this.#asking -= 1;
        this.#ask();
      });
    }
  }

  async #acceptOne(): Promise<void> {
    try {
      const session = await this.#options.accept();
      this.#failures = 0;
      this.#askLimit = Math.min(this.#options.concurrency, this.#askLimit + 1);
      this.#startWorker(session);
    } catch (error) {
      this.#askLimit = 1;
      if (isEmpty(error) || this.#stopping.signal.aborted) return;
      const { logger, sourceName } = this.#options;
      logger.warn({ reason: describeError(error), source: sourceName }, 'no session could be accepted');
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
      this.#failures += 1;
      await delay(pause * (0.5 + Math.random() / 2), undefined, {
        signal: this.#stopping.signal,
      }).catch(() => undefined);
    }
  }

  #startWorker(session: AcceptedSession): void {
    // Stopped meanwhile: the worker closes the session at once.
    const worker = workOnSession(session, { ...this.#options, stopping: this.#stopping.signal }).finally(
      () => {
        this.#workers.delete(worker);
        this.#ask();
      },
    );
    this.#workers.add(worker);
  }
}

/** Nothing to do within the time that the broker waits. */
const isEmpty = (error: unknown): boolean =>
  isServiceBusError(error) && (error.code === 'ServiceTimeout' || error.code === 'SessionCannotBeLocked');
