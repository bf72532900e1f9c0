/** Keeps a session locked, and tells when it is lost. */
import { setTimeout as delay } from 'node:timers/promises';
import { isServiceBusError, type ServiceBusSessionReceiver } from '@azure/service-bus';

/** Two renewals may fail before the lock is lost. */
const RENEWALS_PER_LOCK = 3;

export class SessionLock implements Disposable {
  readonly #receiver: ServiceBusSessionReceiver;
  readonly #lockMs: number;
  readonly #controller = new AbortController();
  #lockedUntil: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(receiver: ServiceBusSessionReceiver, lockMs: number) {
    this.#receiver = receiver;
    this.#lockMs = lockMs;
    // By this process's own clock: the broker's may differ.
    this.#lockedUntil = Date.now() + lockMs;
    this.#schedule();
  }

  /** Aborted when another receiver may have the session. */
  get lost(): AbortSignal {
    return this.#controller.signal;
  }

  /** The link is gone, or the broker said so. */
  lose(cause: unknown): void {
    clearTimeout(this.#timer);
    if (!this.lost.aborted) this.#controller.abort(new Error('the lock is lost', { cause }));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    this.#timer = setTimeout(() => void this.#renew(), this.#lockMs / RENEWALS_PER_LOCK);
  }

  async #renew(): Promise<void> {
    const askedAt = Date.now();
    const current = this.#timer;
    try {
      const renewed = this.#receiver.renewSessionLock().then(() => true);
      const isRenewed = await Promise.race([renewed, this.#untilOver()]);
      if (isRenewed) this.#lockedUntil = askedAt + this.#lockMs;
      else this.lose(new Error('it was not renewed in time'));
    } catch (error) {
      const isGone = isServiceBusError(error) && error.code === 'SessionLockLost';
      if (isGone || Date.now() >= this.#lockedUntil) this.lose(error);
    }
    if (this.#timer === current && !this.lost.aborted) this.#schedule();
  }

  async #untilOver(): Promise<false> {
    await delay(Math.max(1, this.#lockedUntil - Date.now()), undefined, { ref: false });
    return false;
  }
}
