/** Tokens that a process remembers while they last: those that it can have again at any time with the credential alone. */
import type { Clock } from '@flowgrid/platform';
import { orAborted } from './or-aborted.ts';
import { RENEWAL_PAUSE_MS, TOKEN_MARGIN_MS } from './token-margin.ts';
import type { SignIn } from './sign-in.ts';
import type { Tokens } from './token-endpoint.ts';

/** Of its own, not of whoever asks first: others wait for the same answer. */
const REQUEST_MS = 10_000;
const MAX_ENTRIES = 5_000;
/** Where the other system does not say how long a token lasts. */
const DEFAULT_LIFE_MS = 30 * 60 * 1000;

interface Entry {
  readonly tokens: Promise<Tokens>;
  readonly until: Promise<number>;
  /** When it was asked for in the place of a refused one; null when it was not. */
  readonly renewedAt: number | null;
}

export class TokenMemory {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `key` says whose tokens they are, and of which credential. Who asks at the same moment gets the same ones. */
  signIn(key: string, request: (signal: AbortSignal) => Promise<Tokens>): SignIn {
    const current = async (signal: AbortSignal): Promise<string> => {
      const known = this.#entries.get(key);
      if (known && (await this.#isGood(known))) return toAuthorization(await orAborted(known.tokens, signal));
      // Somebody else may have asked while it was found out.
      const other = this.#entries.get(key);
      if (other && other !== known) return toAuthorization(await orAborted(other.tokens, signal));
      return toAuthorization(await this.#request(key, request, { signal, renewedAt: null }));
    };
    return {
      authorize: current,
      renew: async (refused, signal) => {
        const known = this.#entries.get(key);
        const authorization = known && toAuthorization(await known.tokens.catch(() => null));
        if (!known || authorization !== refused || this.#entries.get(key) !== known) {
          await current(signal);
          return true;
        }
        const now = this.#clock.now().getTime();
        if (known.renewedAt !== null && now - known.renewedAt < RENEWAL_PAUSE_MS) return false;
        await this.#request(key, request, { signal, renewedAt: now });
        return true;
      },
    };
  }

  async #isGood({ until }: Entry): Promise<boolean> {
    try {
      return (await until) > this.#clock.now().getTime();
    } catch {
      // Whoever asked for it was told why it failed.
      return false;
    }
  }

  #request(
    key: string,
    request: (signal: AbortSignal) => Promise<Tokens>,
    { signal, renewedAt }: { readonly signal: AbortSignal; readonly renewedAt: number | null },
  ): Promise<Tokens> {
    const tokens = request(AbortSignal.timeout(REQUEST_MS));
    const until = tokens.then(({ expiresAt }) =>
      expiresAt === null
        ? this.#clock.now().getTime() + DEFAULT_LIFE_MS
        : expiresAt.getTime() - TOKEN_MARGIN_MS,
    );
    const entry = { tokens, until, renewedAt };
    this.#entries.set(key, entry);
    until.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined && this.#entries.size > MAX_ENTRIES) this.#entries.delete(oldest);
    return orAborted(tokens, signal);
  }
}

function toAuthorization(tokens: Tokens): string;
function toAuthorization(tokens: Tokens | null): string | null;
function toAuthorization(tokens: Tokens | null): string | null {
  return tokens && `Bearer ${tokens.accessToken}`;
}
