/**
 * Claims rows that wait and works on several at once. Further workers may run beside it: a claim is a lease, and who holds it
 * writes on condition of it. A message in the queue says that there is work; what got lost is found by looking.
 */
import { startWokenLoop, type Logger, type WokenLoop } from '@flowgrid/platform';

export interface ClaimLoopOptions<Claim> {
  readonly claim: (count: number) => Promise<readonly Claim[]>;
  /** What it throws is logged; the lease brings the row back. */
  readonly work: (claim: Claim) => Promise<void>;
  readonly concurrency: number;
  readonly pollMs: number;
  /** For the log: `a message of a hook`. */
  readonly what: string;
  readonly logger: Logger;
}

export class ClaimLoop<Claim> implements AsyncDisposable {
  readonly #options: ClaimLoopOptions<Claim>;
  readonly #running = new Set<Promise<void>>();
  readonly #loop: WokenLoop;

  constructor(options: ClaimLoopOptions<Claim>) {
    this.#options = options;
    const { pollMs, logger, what } = options;
    this.#loop = startWokenLoop({
      work: () => this.#claimOnce(),
      // Readiness tells that the database is away.
      onFailure: (error) => logger.warn({ err: error }, `${what} could not be claimed`),
      pollMs,
    });
  }

  wake(): void {
    this.#loop.wake();
  }

  /** Claims no more, and waits for the work under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop[Symbol.asyncDispose]();
    await Promise.all(this.#running);
  }

  /** True when there may be more, and room for it. */
  async #claimOnce(): Promise<boolean> {
    const { claim, concurrency } = this.#options;
    const free = concurrency - this.#running.size;
    if (free <= 0) return false;
    const claims = await claim(free);
    for (const each of claims) this.#start(each);
    return claims.length === free && this.#running.size < concurrency;
  }

  #start(claim: Claim): void {
    const { work, logger, what } = this.#options;
    const run = work(claim)
      .catch((error: unknown) => logger.error({ err: error }, `${what} was left`))
      .finally(() => {
        this.#running.delete(run);
        this.wake();
      });
    this.#running.add(run);
  }
}
