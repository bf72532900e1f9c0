/** What requests tell of a connection: whether it works, works badly or does not work. */
import { unreachable } from '@flowgrid/platform';
import type { IntegrationStatus } from '../integration/integration.ts';
import { toTime } from './connection-paused.ts';
import type { ConnectionFacts, TurnEnd } from './turn-store.ts';

export interface Health {
  readonly status: Exclude<IntegrationStatus, 'UNTESTED'>;
  /** For people: what happened, and what to do about it. */
  readonly reason: string;
}

/** How a request went at last, after signing in anew if need be. */
export interface Observation {
  readonly how: TurnEnd | 'SIGN_IN_REFUSED';
  readonly message: string;
  readonly facts: ConnectionFacts;
}

/** Within ten minutes, or in a row: fewer are everyday life. */
const ENOUGH = 3;
/** A pause that people notice. */
const LONG_PAUSE_MS = 5 * 60 * 1000;

/** Null when the status stays as it is. Pure. */
export function judgeHealth(system: string, observation: Observation, now: Date): Health | null {
  const health = toHealth(system, observation, now);
  if (health === null || health.status === observation.facts.status) return null;
  // Trouble on top says nothing new of what does not work at all.
  if (health.status === 'DEGRADED' && observation.facts.status === 'BROKEN') return null;
  return health;
}

function toHealth(system: string, { how, message, facts }: Observation, now: Date): Health | null {
  const { troubles, refusals, successes, pauseLeftMs } = facts;
  if (how === 'UNAUTHORIZED')
    return { status: 'BROKEN', reason: `${system} does not accept the credential (401). Enter a valid one.` };
  if (how === 'SIGN_IN_REFUSED') return { status: 'BROKEN', reason: message };
  if (pauseLeftMs >= LONG_PAUSE_MS) {
    const until = toTime(new Date(now.getTime() + pauseLeftMs));
    return { status: 'DEGRADED', reason: `${system} limits its requests: they wait until ${until}.` };
  }
  switch (how) {
    case 'ANSWERED': {
      const isSettled = facts.status === 'UNTESTED' || successes >= ENOUGH || troubles === 0;
      return isSettled ? { status: 'HEALTHY', reason: `${system} answers as it should.` } : null;
    }
    case 'REFUSED':
      if (refusals < ENOUGH) return null;
      return {
        status: 'BROKEN',
        reason: `${system} knows the credential and forbids what is asked (403). Check its permissions.`,
      };
    case 'MISDIRECTED':
      return troubles < ENOUGH ? null : { status: 'BROKEN', reason: message };
    case 'LIMITED':
      if (troubles < ENOUGH) return null;
      return { status: 'DEGRADED', reason: `${system} limits its requests. Ask less of it, or wait.` };
    case 'OUTAGE':
      if (troubles < ENOUGH) return null;
      return { status: 'DEGRADED', reason: `${system} fails again and again. ${message}` };
    case 'NOTHING':
      return null;
    default:
      return unreachable(how);
  }
}
