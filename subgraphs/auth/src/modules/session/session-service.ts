/** Sessions: started by sign-in, kept going by refresh tokens that each work once, ended by sign-out or misuse. */
import { auditRecord, requireTenant, type Viewer } from '@flowgrid/access';
import { FlowgridError, invalidInput, newId, parseInput, type Clock } from '@flowgrid/platform';
import { z } from 'zod';
import type { AuthDatabase, Tx } from '../../database.ts';
import type { KeyRing } from '../signing-key/key-ring.ts';
import { permissionsOf } from '../user/role.ts';
import { findActiveUser } from '../user/user-store.ts';
import type { User } from '../user/user.ts';
import type { ViewerSubject } from '../viewer/viewer.ts';
import { signAccessToken } from './access-token.ts';
import { hashRefreshToken, isRefreshToken, newRefreshToken } from './refresh-token.ts';
import type { Revocations } from './revocations.ts';
import {
  createRefreshToken,
  createSession,
  getRefreshToken,
  locateRefreshToken,
  revokeSessions,
  useRefreshToken,
  type RevocationReason,
} from './session-store.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Afterwards the password is asked for again, however busy the session was. */
const SESSION_LIFETIME_MS = 30 * DAY_MS;
/** A session that is not refreshed for this long ends. */
const REFRESH_TOKEN_LIFETIME_MS = 14 * DAY_MS;

export interface StartedSession {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** When the access token expires. */
  readonly expiresAt: Date;
  readonly viewer: ViewerSubject;
}

export interface SessionRequest {
  readonly viewer: Viewer;
  readonly requestId: string;
}

export interface SessionServiceOptions {
  readonly database: AuthDatabase;
  readonly keyRing: KeyRing;
  readonly revocations: Revocations;
  readonly clock: Clock;
  readonly issuer: string;
  readonly accessTokenSeconds: number;
}

interface SessionFacts {
  readonly id: string;
  readonly user: User;
  readonly expiresAt: Date;
}

const refreshInput = z.object({ refreshToken: z.string().min(1).max(500) });

export class SessionService {
  readonly #options: SessionServiceOptions;

  constructor(options: SessionServiceOptions) {
    this.#options = options;
  }

  /** Starts a session of a user; null when the user is not active. The caller has checked who asks. */
  async start(
    place: { readonly tenantId: string; readonly id: string },
    requestId: string,
  ): Promise<StartedSession | null> {
    const { database, clock } = this.#options;
    const createdAt = clock.now();
    const expiresAt = new Date(createdAt.getTime() + SESSION_LIFETIME_MS);
    const started = await database.inTenant(place.tenantId, async (tx) => {
      const user = await findActiveUser(tx, place.tenantId, place.id);
      if (!user) return null;
      const session = { id: newId(), user, expiresAt };
      await createSession(tx, {
        id: session.id,
        tenantId: user.tenantId,
        userId: user.id,
        createdAt,
        expiresAt,
      });
      await this.#audit(tx, session, { action: 'session.started', requestId });
      return { session, refreshToken: await this.#issueRefreshToken(tx, session) };
    });
    return started && this.#toStarted(started.session, started.refreshToken);
  }

  /** @throws InvalidInput `INVALID_CREDENTIALS`, the same for every token that does not work. */
  async refresh(request: Pick<SessionRequest, 'requestId'>, input: unknown): Promise<StartedSession> {
    const { refreshToken } = parseInput(refreshInput, input);
    if (!isRefreshToken(refreshToken)) throw refusedToken();
    const hash = hashRefreshToken(refreshToken);
    const place = await this.#options.database.withoutTenant((client) => locateRefreshToken(client, hash));
    if (!place) throw refusedToken();
    const outcome = await this.#options.database.inTenant(place.tenantId, (tx) =>
      this.#rotate(tx, place, request.requestId),
    );
    if (outcome.kind === 'reused') await this.#options.revocations.announce(`session:${outcome.sessionId}`);
    if (outcome.kind !== 'rotated') throw refusedToken();
    return this.#toStarted(outcome.session, outcome.refreshToken);
  }

  /** Ends the viewer's session, or all of the user's, and returns how many went on until now. */
  async end(request: SessionRequest, isEverywhere: boolean): Promise<number> {
    const viewer = requireTenant(request.viewer);
    const { sessionId, tenantId, actor } = viewer;
    if (sessionId === null || actor.kind !== 'USER') {
      throw new FlowgridError('FORBIDDEN', 'Only a user who signed in can sign out.');
    }
    const { database, clock, revocations } = this.#options;
    const which = isEverywhere ? { tenantId, userId: actor.id } : { tenantId, id: sessionId };
    const reason: RevocationReason = 'SIGNED_OUT';
    const count = await database.inTenant(tenantId, async (tx) => {
      const revoked = await revokeSessions(tx, which, { at: clock.now(), reason });
      if (revoked === 0) return 0;
      const changes = { reason, sessions: revoked };
      const event = { action: 'session.ended', resourceType: 'session', resourceId: sessionId, changes };
      await tx.auditEvent.create({
        data: auditRecord({ viewer, requestId: request.requestId, clock }, event),
      });
      return revoked;
    });
    await revocations.announce(isEverywhere ? `user:${actor.id}` : `session:${sessionId}`);
    return count;
  }

  async #rotate(
    tx: Tx,
    place: { readonly tenantId: string; readonly id: string },
    requestId: string,
  ): Promise<Rotation> {
    const now = this.#options.clock.now();
    const token = await getRefreshToken(tx, place);
    const { session } = token;
    const { tenantId } = place;
    if (!(await useRefreshToken(tx, place, now))) {
      return this.#endReused(tx, { tenantId, sessionId: session.id, userId: session.userId, requestId });
    }
    const isOver = session.revokedAt !== null || session.expiresAt <= now || token.expiresAt <= now;
    const user = isOver ? null : await findActiveUser(tx, tenantId, session.userId);
    if (!user) return { kind: 'refused' };
    const facts = { id: session.id, user, expiresAt: session.expiresAt };
    return { kind: 'rotated', session: facts, refreshToken: await this.#issueRefreshToken(tx, facts) };
  }

  /** Either the thief or the user came second: nobody can tell, so neither goes on. */
  async #endReused(
    tx: Tx,
    reused: {
      readonly tenantId: string;
      readonly sessionId: string;
      readonly userId: string;
      readonly requestId: string;
    },
  ): Promise<Rotation> {
    const { tenantId, sessionId, requestId } = reused;
    const reason: RevocationReason = 'TOKEN_REUSED';
    const count = await revokeSessions(
      tx,
      { tenantId, id: sessionId },
      { at: this.#options.clock.now(), reason },
    );
    const user = await findActiveUser(tx, tenantId, reused.userId);
    if (count > 0 && user) {
      const session = { id: sessionId, user, expiresAt: this.#options.clock.now() };
      await this.#audit(tx, session, { action: 'session.ended', requestId, changes: { reason } });
    }
    return { kind: 'reused', sessionId };
  }

  async #issueRefreshToken(tx: Tx, session: SessionFacts): Promise<string> {
    const createdAt = this.#options.clock.now();
    const limit = createdAt.getTime() + REFRESH_TOKEN_LIFETIME_MS;
    const token = newRefreshToken();
    await createRefreshToken(tx, {
      tenantId: session.user.tenantId,
      id: newId(),
      sessionId: session.id,
      tokenHash: hashRefreshToken(token),
      createdAt,
      expiresAt: new Date(Math.min(limit, session.expiresAt.getTime())),
    });
    return token;
  }

  async #toStarted(session: SessionFacts, refreshToken: string): Promise<StartedSession> {
    const { clock, keyRing, issuer, accessTokenSeconds } = this.#options;
    const { id: userId, tenantId, roleNames } = session.user;
    const limit = clock.now().getTime() + accessTokenSeconds * 1000;
    // A JWT knows whole seconds.
    const expiresAt = new Date(Math.floor(Math.min(limit, session.expiresAt.getTime()) / 1000) * 1000);
    const accessToken = await signAccessToken(
      { userId, tenantId, sessionId: session.id, expiresAt },
      { key: keyRing.signer('access'), issuer, clock },
    );
    const viewer = { tenantId, userId, permissions: permissionsOf(roleNames) };
    return { accessToken, refreshToken, expiresAt, viewer };
  }

  async #audit(
    tx: Tx,
    { id, user }: SessionFacts,
    event: { action: string; requestId: string; changes?: Readonly<Record<string, string>> },
  ): Promise<void> {
    const { requestId, ...rest } = event;
    const actor = { kind: 'USER', id: user.id, name: user.name, userId: user.id } as const;
    const by = { viewer: { tenantId: user.tenantId, actor }, requestId, clock: this.#options.clock };
    await tx.auditEvent.create({
      data: auditRecord(by, { ...rest, resourceType: 'session', resourceId: id }),
    });
  }
}

type Rotation =
  | { readonly kind: 'rotated'; readonly session: SessionFacts; readonly refreshToken: string }
  | { readonly kind: 'reused'; readonly sessionId: string }
  | { readonly kind: 'refused' };

function refusedToken(): Error {
  const message = 'The session has ended or the token was used before. Sign in again.';
  return invalidInput('INVALID_CREDENTIALS', message, ['refreshToken']);
}
