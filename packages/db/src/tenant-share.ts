/** Keeps one tenant's slow statements from taking all connections: a part of the pool is always left to the others. */
import { setTimeout as delay } from 'node:timers/promises';
import { FlowgridError } from '@flowgrid/platform';

/** What one tenant may hold of the pool. */
const SHARE = 0.7;

interface Queue {
  held: number;
  readonly waiting: (() => void)[];
}

export class TenantShare {
  readonly #limit: number;
  readonly #waitMs: number;
  readonly #queues = new Map<string, Queue>();

  constructor(poolSize: number, waitMs: number) {
    this.#limit = Math.max(1, Math.floor(poolSize * SHARE));
    this.#waitMs = waitMs;
  }

  /** How many works wait for others of their tenant to end. */
  get waiting(): number {
    return [...this.#queues.values()].reduce((sum, { waiting }) => sum + waiting.length, 0);
  }

  /**
   * Runs `work` once the tenant holds less than its share, in the order of the calls.
   * @throws FlowgridError `RATE_LIMITED` when that takes too long.
   */
  async run<Result>(tenantId: string, work: () => Promise<Result>): Promise<Result> {
    const queue = this.#queues.get(tenantId) ?? { held: 0, waiting: [] };
    this.#queues.set(tenantId, queue);
    if (queue.held < this.#limit) queue.held += 1;
    else await this.#wait(queue);
    try {
      return await work();
    } finally {
      this.#giveBack(tenantId, queue);
    }
  }

  /** Resolves with the place of somebody who is done. */
  async #wait(queue: Queue): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    queue.waiting.push(resolve);
    const timer = new AbortController();
    const tooLong = async (): Promise<void> => {
      await delay(this.#waitMs, undefined, { signal: timer.signal });
      const place = queue.waiting.indexOf(resolve);
      // Gone from the queue: the place was given in this very moment.
      if (place === -1) return;
      queue.waiting.splice(place, 1);
      throw new FlowgridError(
        'RATE_LIMITED',
        'Too many operations of your tenant are under way. Send fewer at once.',
      );
    };
    try {
      await Promise.race([promise, tooLong()]);
    } finally {
      timer.abort();
    }
  }

  #giveBack(tenantId: string, queue: Queue): void {
    const next = queue.waiting.shift();
    if (next) {
      next();
      return;
    }
    queue.held -= 1;
    if (queue.held === 0) this.#queues.delete(tenantId);
  }
}
