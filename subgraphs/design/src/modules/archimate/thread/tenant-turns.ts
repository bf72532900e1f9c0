/**
 * One tenant's work with models is done one after the other, and takes its file only when its turn comes: what waits holds no
 * memory, and before the threads there is never more than one task of each tenant.
 */
import { ArchimateRefusal } from '../xml/refusal.ts';

/** As many as a page of agents has models to draw. */
const MAX_WAITING = 100;

export interface TenantTurns {
  /** @throws ArchimateRefusal `TOO_BUSY` when too much of the tenant's waits already; what `work` throws. */
  run<Result>(tenantId: string, work: () => Promise<Result>): Promise<Result>;
}

interface Line {
  last: Promise<unknown>;
  length: number;
}

export function createTenantTurns(maxWaiting: number = MAX_WAITING): TenantTurns {
  const lines = new Map<string, Line>();
  return {
    run: async (tenantId, work) => {
      const line = lines.get(tenantId) ?? { last: Promise.resolve(), length: 0 };
      if (line.length > maxWaiting) {
        const message = 'Too many models of your tenant are being worked on. Try again shortly.';
        throw new ArchimateRefusal('TOO_BUSY', message);
      }
      lines.set(tenantId, line);
      line.length += 1;
      const before = line.last;
      const { promise, resolve } = Promise.withResolvers<void>();
      line.last = promise;
      await before;
      try {
        return await work();
      } finally {
        line.length -= 1;
        if (line.length === 0) lines.delete(tenantId);
        resolve();
      }
    },
  };
}
