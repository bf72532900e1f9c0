/** How an endpoint has fared, and when it is given up. */

export interface EndpointHealth {
  /** Failures in a row, up to now. */
  readonly failures: number;
  /** When the failures of the present day began to be counted. */
  readonly windowStartedAt: Date | null;
  readonly windowFailures: number;
  /** Since when nothing but failures counts towards giving it up. */
  readonly failingSince: Date | null;
}

const HOUR_MS = 60 * 60 * 1000;
/** So many failures within a day, without a success, start the clock: one that is rarely told of anything is not given up for two. */
export const CLOCK_STARTS_AFTER = 5;
export const CLOCK_WINDOW_MS = 24 * HOUR_MS;
/** So long without a success, from when the clock started. */
export const GIVEN_UP_AFTER_MS = 5 * 24 * HOUR_MS;

export const HEALTHY: EndpointHealth = {
  failures: 0,
  windowStartedAt: null,
  windowFailures: 0,
  failingSince: null,
};

export function afterFailure(health: EndpointHealth, at: Date): EndpointHealth {
  const failures = health.failures + 1;
  if (health.failingSince !== null) return { ...health, failures };
  const { windowStartedAt } = health;
  const isNewWindow = windowStartedAt === null || at.getTime() - windowStartedAt.getTime() > CLOCK_WINDOW_MS;
  const windowFailures = isNewWindow ? 1 : health.windowFailures + 1;
  return {
    failures,
    windowStartedAt: isNewWindow ? at : windowStartedAt,
    windowFailures,
    failingSince: windowFailures >= CLOCK_STARTS_AFTER ? at : null,
  };
}

export function isGivenUp({ failingSince }: EndpointHealth, at: Date): boolean {
  return failingSince !== null && at.getTime() - failingSince.getTime() >= GIVEN_UP_AFTER_MS;
}
