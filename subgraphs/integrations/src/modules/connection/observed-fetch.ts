/** Requests whose outcome, after signing in, says how the connection is. */
import { OutboundError, type OutboundFetch } from '@flowgrid/outbound';
import { ConnectorError } from '../../adapters/connector-error.ts';
import { ConnectionPaused } from './connection-paused.ts';
import type { Observation } from './health.ts';

/** What signing in is refused with: an unknown client, a wrong secret, a token that was taken back. */
const SIGN_IN_REFUSED = [400, 401, 403];

export interface Observer {
  /** What is known after the request that ended with this response or error. */
  readonly find: (ended: object) => Observation | undefined;
  /** The last that is known, whatever request it was of. */
  readonly last: () => Observation | undefined;
  readonly observe: (observation: Observation) => Promise<void>;
  /** Told what is no failure of the other system, and must not be taken for one by whoever wraps what requests throw. */
  readonly onStopped: (reason: Error) => void;
}

export function observedFetch(fetch: OutboundFetch, observer: Observer): OutboundFetch {
  return async (url, init) => {
    try {
      const response = await fetch(url, init);
      const observation = observer.find(response);
      if (observation) await observer.observe(observation);
      return response;
    } catch (error) {
      if (error instanceof Error) await observeFailure(error, observer);
      throw error;
    }
  };
}

async function observeFailure(error: Error, observer: Observer): Promise<void> {
  const isTheirs = error instanceof ConnectorError || error instanceof OutboundError;
  if (error instanceof ConnectionPaused || !isTheirs) {
    observer.onStopped(error);
    return;
  }
  const observation = observer.find(error);
  const last = observer.last();
  // Nothing else but signing in throws what is no failure of the request itself.
  const isSignIn = error instanceof ConnectorError && SIGN_IN_REFUSED.includes(error.status ?? 0);
  if (observation) await observer.observe(observation);
  else if (isSignIn && last)
    await observer.observe({ ...last, how: 'SIGN_IN_REFUSED', message: error.message });
}
