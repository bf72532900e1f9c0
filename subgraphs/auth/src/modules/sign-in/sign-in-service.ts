/** Signing in by password, and going over to another tenant of the same account. */
import { requireTenant } from '@flowgrid/access';
import { FlowgridError, invalidInput, parseInput, type Clock } from '@flowgrid/platform';
import { z } from 'zod';
import type { AuthDatabase } from '../../database.ts';
import type { Place } from '../../place.ts';
import type { SessionRequest, SessionService, StartedSession } from '../session/session-service.ts';
import { isSessionActive } from '../session/session-store.ts';
import { findTenantIdBySlug } from '../tenant/tenant-store.ts';
import { findUser, locateActiveUsers } from '../user/user-store.ts';
import { findAccountLogin, replacePasswordHash, type AccountLogin } from './account-store.ts';
import type { PasswordHasher } from './password.ts';
import type { SignInThrottle } from './sign-in-throttle.ts';

const MAX_EMAIL_LENGTH = 254;
/** Longer than any passphrase, short enough to be cheap. */
const MAX_PASSWORD_LENGTH = 1024;
const MAX_SLUG_LENGTH = 63;

/** The same shape for the scalar and here: a text that cannot be an address is not looked up. */
const email = z
  .string()
  .transform((text) => text.trim().toLowerCase())
  .pipe(z.string().min(1, 'Enter your email address.').max(MAX_EMAIL_LENGTH))
  .pipe(z.email('This is not an email address.'));

const slug = z
  .string()
  .transform((text) => text.trim().toLowerCase())
  .pipe(
    z
      .string()
      .min(1, 'Name the tenant.')
      .max(MAX_SLUG_LENGTH)
      .regex(/^[^\0]*$/),
  );

const signInInput = z.object({
  email,
  password: z.string().min(1, 'Enter your password.').max(MAX_PASSWORD_LENGTH),
  tenant: slug.nullish(),
});

const switchTenantInput = z.object({ tenant: slug });

export interface SignInServiceOptions {
  readonly database: AuthDatabase;
  readonly sessions: SessionService;
  readonly passwords: PasswordHasher;
  readonly throttle: SignInThrottle;
  readonly clock: Clock;
}

export class SignInService {
  readonly #options: SignInServiceOptions;

  constructor(options: SignInServiceOptions) {
    this.#options = options;
  }

  /**
   * @throws InvalidInput `INVALID_CREDENTIALS`, the same whether email, password or tenant is wrong;
   * `REQUIRED` at `tenant` when the password is right and there are several tenants.
   * @throws FlowgridError `RATE_LIMITED`.
   */
  async signIn(
    request: { readonly requestId: string; readonly clientAddress: string | null },
    input: unknown,
  ): Promise<StartedSession> {
    const { email, password, tenant } = parseInput(signInInput, input);
    const { database, passwords, throttle, sessions } = this.#options;
    const attempt = { email, clientAddress: request.clientAddress };
    await throttle.begin(attempt);
    const account = await database.withoutTenant((client) => findAccountLogin(client, email));
    // Always one hash of the same cost, so that the time does not tell which email addresses have an account.
    const isRight = await passwords.verify(password, account?.passwordHash ?? null);
    if (!account?.isActive || !isRight) throw wrongCredentials();
    const places = await this.#listPlaces(account.id, tenant ?? null);
    const [place] = places;
    const isAmbiguous = places.length > 1;
    const started = place && !isAmbiguous ? await sessions.start(place, request.requestId) : null;
    // A right password with a wrong tenant counts as a failure, or the throttle would tell that the password is right.
    if (started || isAmbiguous) await throttle.succeed(attempt);
    if (isAmbiguous) throw tenantRequired();
    if (!started) throw wrongCredentials();
    await this.#renewHash(account, password);
    return started;
  }

  /** @throws InvalidInput `INVALID` at `tenant` when the account is no active user there. */
  async switchTenant(request: SessionRequest, input: unknown): Promise<StartedSession> {
    const { tenantId, actor, sessionId } = requireTenant(request.viewer);
    if (sessionId === null || actor.kind !== 'USER') {
      throw new FlowgridError('FORBIDDEN', 'Only a user who signed in can switch the tenant.');
    }
    const { tenant } = parseInput(switchTenantInput, input);
    const { database, sessions, clock } = this.#options;
    const user = await database.inTenant(tenantId, async (tx) =>
      // A context token outlives its session by minutes; a new session must not come of it.
      (await isSessionActive(tx, { tenantId, id: sessionId }, clock.now()))
        ? findUser(tx, tenantId, actor.id)
        : null,
    );
    if (!user) throw new FlowgridError('UNAUTHENTICATED', 'The session has ended. Sign in again.');
    const [place] = await this.#listPlaces(user.accountId, tenant);
    const started = place && (await sessions.start(place, request.requestId));
    if (!started) throw invalidInput('INVALID', 'You do not belong to a tenant of this name.', ['tenant']);
    return started;
  }

  /** Where the account may sign in: in the tenant of the slug, or without one in all of its tenants. */
  async #listPlaces(accountId: string, slug: string | null): Promise<readonly Place[]> {
    return this.#options.database.withoutTenant(async (client) => {
      const places = await locateActiveUsers(client, accountId);
      if (slug === null) return places;
      const tenantId = await findTenantIdBySlug(client, slug);
      return places.filter((place) => place.tenantId === tenantId);
    });
  }

  async #renewHash({ id, passwordHash }: AccountLogin, password: string): Promise<void> {
    const { database, passwords } = this.#options;
    if (passwordHash === null || !passwords.isOutdated(passwordHash)) return;
    const renewed = await passwords.hash(password);
    await database.withoutTenant((client) => replacePasswordHash(client, { id, passwordHash }, renewed));
  }
}

function wrongCredentials(): Error {
  return invalidInput('INVALID_CREDENTIALS', 'Email, password or tenant is not right.', ['password']);
}

function tenantRequired(): Error {
  return invalidInput('REQUIRED', 'You belong to several tenants. Say which one to sign in to.', ['tenant']);
}
