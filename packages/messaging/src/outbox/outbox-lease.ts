/** The right of one replica to hand events over, kept alive while it is used. */
import { newId, type Logger } from '@flowgrid/platform';
import type { TenantDatabase } from './outbox-database.ts';

/** Renewals in the time of one lease: two may fail. */
const RENEWALS_PER_LEASE = 3;

export interface OutboxLeaseOptions {
  readonly database: Pick<TenantDatabase, 'withoutTenant'>;
  readonly leaseSeconds: number;
  readonly logger: Logger;
}

export class OutboxLease implements AsyncDisposable {
  readonly #options: OutboxLeaseOptions;
  readonly #holder = newId();
  readonly #timer: NodeJS.Timeout;
  #token: bigint | null = null;
  /** By this process's own clock, counted from before the lease was asked for: never later than the database says. */
  #expiresAt = 0;
  #isAsking = false;

  constructor(options: OutboxLeaseOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#renew(), (options.leaseSeconds * 1000) / RENEWALS_PER_LEASE);
  }

  /** The token of the lease, or null while another replica has it. */
  async hold(): Promise<bigint | null> {
    if (this.#token !== null && performance.now() < this.#expiresAt) return this.#token;
    return this.#claim();
  }

  /** Lets another replica take over at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    const token = this.#token;
    if (token === null) return;
    try {
      await this.#options.database.withoutTenant(
        async (client) => await client.$executeRaw`SELECT release_outbox_lease(${token}::bigint)`,
      );
    } catch (error) {
      // It expires by itself.
      this.#options.logger.debug({ err: error }, 'the lease of the outbox was not given back');
    }
  }

  async #claim(): Promise<bigint | null> {
    const { database, leaseSeconds } = this.#options;
    const askedAt = performance.now();
    const [row] = await database.withoutTenant(
      async (client) =>
        await client.$queryRaw<{ token: bigint | null }[]>`
          SELECT claim_outbox_lease(${this.#holder}::uuid, ${leaseSeconds}::double precision) AS token`,
    );
    this.#token = row?.token ?? null;
    this.#expiresAt = askedAt + leaseSeconds * 1000;
    return this.#token;
  }

  async #renew(): Promise<void> {
    if (this.#token === null || this.#isAsking) return;
    this.#isAsking = true;
    try {
      await this.#claim();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.logger.warn({ reason }, 'the lease of the outbox cannot be renewed');
    } finally {
      this.#isAsking = false;
    }
  }
}
