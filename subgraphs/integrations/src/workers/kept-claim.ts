/** Keeps the claim of an endpoint while there is work on it, and says when it is lost. */
import type { Logger } from '@flowgrid/platform';
import type { IntegrationsDatabase } from '../database.ts';
import { renewClaim, type ClaimedEndpoint } from '../modules/webhook-delivery/run-store.ts';

export interface KeptClaim extends Disposable {
  /** True when somebody else has the endpoint, or may have it. */
  isLost(): boolean;
}

/** Renews three times per lease. The caller disposes of it. */
export function keepClaim(
  options: {
    readonly database: Pick<IntegrationsDatabase, 'writeInTenant'>;
    readonly leaseSeconds: number;
    readonly logger: Logger;
  },
  claim: ClaimedEndpoint,
): KeptClaim {
  const { database, leaseSeconds, logger } = options;
  let renewedAt = performance.now();
  let isTaken = false;
  const renew = async (): Promise<void> => {
    const askedAt = performance.now();
    try {
      const isOurs = await database.writeInTenant(claim.tenantId, (tx) =>
        renewClaim(tx, claim, leaseSeconds),
      );
      if (isOurs) renewedAt = askedAt;
      else isTaken = true;
    } catch (error) {
      // The database may be back before the lease ends.
      logger.warn({ err: error, endpointId: claim.endpointId }, 'the claim of an endpoint was not renewed');
    }
  };
  const timer = setInterval(() => void renew(), (leaseSeconds * 1000) / 3);
  return {
    isLost: () => isTaken || performance.now() - renewedAt > leaseSeconds * 1000,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
