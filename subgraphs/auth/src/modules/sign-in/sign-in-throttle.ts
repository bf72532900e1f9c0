/** Slows down who guesses passwords; counts in the database, for all processes together. */
import { createHash } from 'node:crypto';
import { FlowgridError, type Clock } from '@flowgrid/platform';
import type { AuthDatabase } from '../../database.ts';
import { networkOf } from './network.ts';
import {
  countAttempts,
  forgetAttempts,
  removeEndedWindows,
  takeBackAttempt,
} from './sign-in-throttle-store.ts';

const WINDOW_MS = 15 * 60 * 1000;

/** Failures that are allowed in 15 minutes. */
const DEFAULT_LIMITS = {
  /** For one email address from one network: more than anybody mistypes. */
  perEmail: 10,
  /** For one network, which may be an office, whatever the email addresses. */
  perNetwork: 100,
};

export interface Attempt {
  readonly email: string;
  readonly clientAddress: string | null;
}

export interface SignInThrottle {
  /**
   * Counts an attempt before it is looked at, so that many at once are counted too. Knows nothing of accounts:
   * known and unknown email addresses are treated alike.
   * @throws FlowgridError `RATE_LIMITED` with `retryAfterSeconds`.
   */
  begin(attempt: Attempt): Promise<void>;
  /** The password was right: the attempt does not count, and what was mistyped before is forgotten. */
  succeed(attempt: Attempt): Promise<void>;
  /** Removes counters that no longer count. */
  cleanUp(): Promise<void>;
}

export function createSignInThrottle(options: {
  readonly database: AuthDatabase;
  readonly clock: Clock;
  readonly limits?: typeof DEFAULT_LIMITS;
}): SignInThrottle {
  const { database, clock, limits = DEFAULT_LIMITS } = options;
  return {
    begin: async (attempt) => {
      const now = clock.now();
      const { emailKey, networkKey } = keysOf(attempt);
      const windows = await database.withoutTenant((client) =>
        countAttempts(client, [emailKey, networkKey], {
          now,
          windowEndsAt: new Date(now.getTime() + WINDOW_MS),
        }),
      );
      const exceeded = windows.filter(
        ({ key, attempts }) => attempts > (key === emailKey ? limits.perEmail : limits.perNetwork),
      );
      if (exceeded.length === 0) return;
      const endsAt = Math.max(...exceeded.map(({ windowEndsAt }) => windowEndsAt.getTime()));
      throw tooMany(Math.ceil((endsAt - now.getTime()) / 1000));
    },
    succeed: async (attempt) => {
      const { emailKey, networkKey } = keysOf(attempt);
      await database.withoutTenant(async (client) => {
        await forgetAttempts(client, emailKey);
        await takeBackAttempt(client, networkKey);
      });
    },
    cleanUp: () => database.withoutTenant((client) => removeEndedWindows(client, clock.now())),
  };
}

function tooMany(retryAfterSeconds: number): FlowgridError {
  const minutes = Math.ceil(retryAfterSeconds / 60);
  const when = minutes === 1 ? 'a minute' : `${minutes} minutes`;
  return new FlowgridError('RATE_LIMITED', `Too many failed sign-ins. Try again in ${when}.`, {
    details: { retryAfterSeconds },
  });
}

function keysOf({ email, clientAddress }: Attempt): { emailKey: string; networkKey: string } {
  const network = networkOf(clientAddress);
  return { emailKey: hashOf(['email', email, network]), networkKey: hashOf(['network', network]) };
}

/** Neither who signs in nor from where is to be read in the table. */
function hashOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
