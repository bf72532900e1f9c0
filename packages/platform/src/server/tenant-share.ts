/** Keeps one tenant from taking all of a process: each may have a part of what it can do at once. */
import { FlowgridError } from '../errors.ts';

/** What one tenant may hold of the requests that a process answers at once. */
const SHARE = 0.5;

export class TenantShare {
  readonly #limit: number;
  readonly #held = new Map<string, number>();

  constructor(maxRequestsInFlight: number) {
    this.#limit = Math.max(1, Math.floor(maxRequestsInFlight * SHARE));
  }

  /**
   * Takes a place for a request; the result gives it back.
   * @throws FlowgridError `RATE_LIMITED` when the tenant has its share already.
   */
  take(tenantId: string): () => void {
    const held = this.#held.get(tenantId) ?? 0;
    if (held >= this.#limit) {
      throw new FlowgridError(
        'RATE_LIMITED',
        'Too many requests of your tenant are under way. Send fewer at once.',
      );
    }
    this.#held.set(tenantId, held + 1);
    return () => this.#giveBack(tenantId);
  }

  #giveBack(tenantId: string): void {
    const held = (this.#held.get(tenantId) ?? 1) - 1;
    if (held === 0) this.#held.delete(tenantId);
    else this.#held.set(tenantId, held);
  }
}
