/**
 * One logical service at several addresses: which of them gets the next request.
 *
 * undici's BalancedPool does not do this: it only lowers the weight of an address that fails and goes on sending to it, does not
 * ask for readiness, does not see `connection: close`, and its choice cannot leave out the replica that has just failed, which is
 * what a retry needs. Its retry interceptor repeats on the same dispatcher and tells methods apart, not what they do.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Logger } from '../logger.ts';
import { Replica } from './replica.ts';
import type { ServiceUrls } from './service-urls.ts';

export interface ReplicasOptions {
  /** Name of the service, for the log. */
  readonly service: string;
  readonly urls: ServiceUrls;
  readonly logger: Logger;
  /** Between two readiness checks of a replica. */
  readonly checkEveryMs?: number;
}

/** What a replica is chosen for: the one with the fewest of these under way is next. */
export type ReplicaLoad = 'requests' | 'streams';

const CHECK_EVERY_MS = 1_000;
const CHECK_TIMEOUT_MS = 1_000;
/** A replica that is slow to say so once is busy, not away. */
const TOLERATED_SILENCE = 1;

/** The replicas of a service and their readiness. The owner disposes of it; with one address nothing runs in the background. */
export class Replicas implements AsyncDisposable {
  readonly service: string;
  readonly all: readonly Replica[];
  readonly #logger: Logger;
  readonly #closed = new AbortController();
  readonly #checks: readonly Promise<void>[];
  #turn = 0;

  constructor({ service, urls, logger, checkEveryMs = CHECK_EVERY_MS }: ReplicasOptions) {
    this.service = service;
    this.all = urls.map((url) => new Replica(url));
    this.#logger = logger;
    this.#checks =
      this.all.length > 1 ? this.all.map((replica) => this.#keepChecking(replica, checkEveryMs)) : [];
  }

  /** True when there is a choice. */
  get hasSeveral(): boolean {
    return this.all.length > 1;
  }

  /** How many replicas take new work. */
  get readyCount(): number {
    return this.all.filter(({ isReady }) => isReady).length;
  }

  /**
   * The replica for the next request: of the ready ones that with the least to do, in turn among equals. When none is ready, one that is not:
   * it may have come back a moment ago. Undefined when `except` leaves none.
   */
  choose(load: ReplicaLoad, except?: ReadonlySet<Replica>): Replica | undefined {
    const { all } = this;
    if (all.length === 1 && except === undefined) return all[0];
    this.#turn = (this.#turn + 1) % all.length;
    let best: Replica | undefined;
    for (let index = 0; index < all.length; index += 1) {
      const replica = all[(this.#turn + index) % all.length];
      if (!replica || except?.has(replica)) continue;
      if (!best || isBetter(replica, best, load)) best = replica;
    }
    return best;
  }

  /** Gives a replica nothing new until a check finds it ready: it failed, or said that it is about to end. */
  setAside(replica: Replica, reason: string): void {
    if (this.hasSeveral) this.#note(replica, false, reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await Promise.all(this.#checks);
  }

  async #keepChecking(replica: Replica, everyMs: number): Promise<void> {
    const { signal } = this.#closed;
    // A connection of its own: a replica whose connections are all taken is busy, and still ready.
    const pool = new Pool(replica.origin, { connections: 1, connect: { timeout: CHECK_TIMEOUT_MS } });
    let silences = 0;
    while (!signal.aborted) {
      const finding = await checkReady(pool, replica, signal);
      if (signal.aborted) break;
      silences = finding === 'no answer in time' ? silences + 1 : 0;
      if (finding !== 'no answer in time' || silences > TOLERATED_SILENCE) {
        this.#note(replica, finding === 'ready', finding);
      }
      // Aborted when the owner closes; the loop ends by itself.
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
    await pool.destroy();
  }

  #note(replica: Replica, isReady: boolean, reason: string): void {
    if (replica.isReady === isReady) return;
    replica.isReady = isReady;
    const facts = { service: this.service, replica: replica.url, reason };
    if (isReady) this.#logger.info(facts, 'a replica takes requests again');
    else this.#logger.info(facts, 'a replica gets no new requests');
  }
}

function isBetter(candidate: Replica, best: Replica, load: ReplicaLoad): boolean {
  if (candidate.isReady !== best.isReady) return candidate.isReady;
  return candidate[load] < best[load];
}

type Finding = 'ready' | 'no answer in time' | (string & {});

async function checkReady(pool: Pool, { basePath }: Replica, closed: AbortSignal): Promise<Finding> {
  const timeout = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  try {
    const { statusCode, body } = await pool.request({
      method: 'GET',
      path: `${basePath}/readyz`,
      signal: AbortSignal.any([timeout, closed]),
    });
    await body.dump();
    return statusCode === 200 ? 'ready' : `readiness ${statusCode}`;
  } catch (error) {
    // Whatever went wrong, the replica is not there; the next check asks again.
    if (timeout.aborted) return 'no answer in time';
    return error instanceof Error ? error.message : String(error);
  }
}
