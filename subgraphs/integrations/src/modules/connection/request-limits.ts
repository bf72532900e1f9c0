/** How much may be asked of a connection, where nobody says otherwise. */
import type { IntegrationKind } from '../integration/integration.ts';

/** What may come at once, and what comes back in a minute. */
export interface Bucket {
  readonly burst: number;
  readonly perMinute: number;
}

export interface RequestLimits {
  readonly requests: Bucket;
  /** For requests that write, where those have a limit of their own. */
  readonly writes: Bucket | null;
  /** Under way at the same moment. */
  readonly atOnce: number;
}

/**
 * Below what the systems publish, so that the connection waits by itself and is not refused. GitHub: 5,000 requests an hour;
 * of those that make content 80 a minute and 500 an hour. Jira Cloud: bursts of some hundred, and points an hour that only its
 * answers tell. ServiceNow: what its administrators set, and few transactions at once.
 */
const DEFAULTS: Readonly<Record<IntegrationKind, RequestLimits>> = {
  GITHUB: {
    requests: { burst: 400, perMinute: 75 },
    writes: { burst: 72, perMinute: 7 },
    atOnce: 16,
  },
  JIRA: { requests: { burst: 100, perMinute: 600 }, writes: null, atOnce: 8 },
  SERVICENOW: { requests: { burst: 100, perMinute: 300 }, writes: null, atOnce: 4 },
};

/** Of what a tenant allows per minute, what may come at once: burst and refill together stay within it in every minute. */
const BURST_SHARE = 0.1;

export function limitsOf(kind: IntegrationKind, requestsPerMinute: number | null): RequestLimits {
  const limits = DEFAULTS[kind];
  if (requestsPerMinute === null) return limits;
  const burst = Math.max(1, Math.floor(requestsPerMinute * BURST_SHARE));
  const perMinute = Math.max(requestsPerMinute - burst, requestsPerMinute / 2);
  return { ...limits, requests: { burst, perMinute } };
}

/** What background work leaves in the bucket for people who wait. */
const RESERVED_SHARE = 0.1;

export function reserveOf({ requests }: RequestLimits): number {
  return Math.floor(requests.burst * RESERVED_SHARE);
}
