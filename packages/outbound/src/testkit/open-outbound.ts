/** A guard of a test's own, with breakers that know nothing of other tests. */
import { OutsidePolicies, createLogger, createMetrics } from '@flowgrid/platform';
import { OutboundError, type OutboundReason } from '../outbound-error.ts';
import { createOutbound, type Outbound, type OutboundOptions } from '../outbound-fetch.ts';

export function openOutbound(options: Partial<OutboundOptions> = {}): Outbound {
  return createOutbound({
    policies: new OutsidePolicies({
      logger: createLogger({ name: 'test', level: 'silent' }),
      metrics: createMetrics('test'),
    }),
    allowed: [],
    ...options,
  });
}

/** Why there was no answer; `none` when there was one. */
export async function reasonOf(asking: Promise<unknown>): Promise<OutboundReason | 'none'> {
  try {
    await asking;
    return 'none';
  } catch (error) {
    if (error instanceof OutboundError) return error.reason;
    throw error;
  }
}
