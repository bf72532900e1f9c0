/**
 * Keeps the tokens of sign-ins by OAuth. A refresh is made once, whoever asks at the same moment, in whatever process: it is
 * announced in the row before it is sent, by a lease, and its pair is stored only in the place of the pair it was had for.
 *
 * Between the vendor's answer and the row there is a moment in which a process can die with a pair that nobody else has. The
 * row then says that a refresh began and did not end: it is made again with the former refresh token as soon as the lease is
 * over, by whoever needs the token, else by the delivery worker within a minute. Jira takes a former one for ten minutes
 * and ServiceNow for as long as it lasts; GitHub does not, and somebody has to sign in again, which the integration says.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { OutboundFetch } from '@flowgrid/outbound';
import type { Clock, Logger } from '@flowgrid/platform';
import { z } from 'zod';
import { ConnectorError } from '../../adapters/connector-error.ts';
import { orAborted } from '../../adapters/sign-in/or-aborted.ts';
import type { OAuthVendor } from '../../adapters/sign-in/oauth-vendors.ts';
import {
  SignInEnded,
  refreshTokens,
  type OAuthClient,
  type Tokens,
} from '../../adapters/sign-in/token-endpoint.ts';
import { RENEWAL_PAUSE_MS, TOKEN_MARGIN_MS } from '../../adapters/sign-in/token-margin.ts';
import type { IntegrationsDatabase } from '../../database.ts';
import { changeStatusByUse } from '../connection/status-changes.ts';
import type { SecretBox, SealedEnvelope, TenantSecrets } from '../credential/secret-box.ts';
import * as store from './token-store.ts';

export interface TokenKeeperOptions {
  readonly database: IntegrationsDatabase;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long others leave a refresh alone: longer than it can take. */
  readonly leaseMs?: number;
}

/** A sign-in, and how it is refreshed. */
export interface KeptSignIn extends store.TokenPlace {
  readonly connectionRevision: number;
  readonly vendor: OAuthVendor;
  readonly client: OAuthClient;
  readonly fetch: OutboundFetch;
}

interface OpenToken {
  readonly row: store.TokenRow;
  readonly accessToken: string;
  readonly refreshToken: string | null;
}

const LEASE_MS = 30_000;
const REQUEST_MS = 15_000;
const LOOK_AGAIN_MS = 150;
const TOO_MANY_REQUESTS = 429;
const FIELD = 'oauthTokens';

const storedSchema = z.object({ accessToken: z.string(), refreshToken: z.string().nullable() });

export class TokenKeeper implements AsyncDisposable {
  readonly #options: TokenKeeperOptions;
  /** Of this process; those of others are seen in the row. */
  readonly #refreshing = new Map<string, Promise<string>>();

  constructor(options: TokenKeeperOptions) {
    this.#options = options;
  }

  /**
   * An access token that lasts for the next request.
   * @throws SignInEnded when nobody is signed in, ConnectorError or OutboundError when it cannot be refreshed now.
   */
  async accessToken(signIn: KeptSignIn, signal: AbortSignal): Promise<string> {
    const token = await this.#read(signIn);
    const { expiresAt } = token.row;
    const isGood = expiresAt === null || expiresAt.getTime() - TOKEN_MARGIN_MS > this.#now().getTime();
    return isGood ? token.accessToken : orAborted(this.#refreshOnce(signIn, token.row.generation), signal);
  }

  /**
   * After the other system refused this one: another one, if somebody has it already or the vendor gives it. Null when this
   * one was had a moment ago in the place of another.
   */
  async renewedToken(signIn: KeptSignIn, refused: string, signal: AbortSignal): Promise<string | null> {
    const token = await this.#read(signIn);
    if (token.accessToken !== refused) return token.accessToken;
    const { generation, refreshedAt } = token.row;
    const isRenewed = generation > store.FIRST_GENERATION;
    if (isRenewed && this.#now().getTime() - refreshedAt.getTime() < RENEWAL_PAUSE_MS) return null;
    return orAborted(this.#refreshOnce(signIn, token.row.generation), signal);
  }

  /** Refreshes whatever the age of the token. */
  async refresh(signIn: KeptSignIn): Promise<void> {
    const { row } = await this.#read(signIn);
    await this.#refreshOnce(signIn, row.generation);
  }

  /** The tokens as they are stored, sealed for their place. */
  seal(secrets: TenantSecrets, integrationId: string, tokens: Tokens): SealedEnvelope {
    const { accessToken, refreshToken } = tokens;
    return secrets.seal(
      { owner: integrationId, field: FIELD },
      JSON.stringify({ accessToken, refreshToken }),
    );
  }

  /** Waits for what is under way: a pair that has been given is stored. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#refreshing.values());
  }

  #now(): Date {
    return this.#options.clock.now();
  }

  async #read(signIn: KeptSignIn): Promise<OpenToken> {
    const { database } = this.#options;
    const row = await database.readInTenant(signIn.tenantId, (tx) => store.findToken(tx, signIn));
    return this.#open(signIn, row);
  }

  async #open(signIn: KeptSignIn, row: store.TokenRow | null): Promise<OpenToken> {
    const { system } = signIn.vendor;
    if (!row || row.connectionRevision !== signIn.connectionRevision)
      throw new SignInEnded(`Nobody has signed in at ${system} yet. Sign in.`, 'not_signed_in');
    if (row.endReason !== null) throw new SignInEnded(row.endReason, 'ended');
    const secrets = await this.#options.secretBox.unlock(signIn.tenantId);
    const opened = secrets.open({ owner: signIn.integrationId, field: FIELD }, row.envelope);
    return { row, ...storedSchema.parse(JSON.parse(opened)) };
  }

  /** No signal of a caller ends it: an answer that nobody waits for carries the only refresh token that is good. */
  #refreshOnce(signIn: KeptSignIn, generation: number): Promise<string> {
    const key = `${signIn.tenantId} ${signIn.integrationId} ${signIn.connectionRevision} ${generation}`;
    const known = this.#refreshing.get(key);
    if (known) return known;
    const refreshing = this.#refresh(signIn, generation).finally(() => this.#refreshing.delete(key));
    this.#refreshing.set(key, refreshing);
    return refreshing;
  }

  async #refresh(signIn: KeptSignIn, generation: number): Promise<string> {
    for (;;) {
      const turn = await this.#takeTurn(signIn, generation);
      switch (turn.kind) {
        case 'DONE':
          return (await this.#open(signIn, turn.row)).accessToken;
        case 'MINE':
          return this.#ask(signIn, turn);
        case 'OTHERS':
          await delay(LOOK_AGAIN_MS);
          break;
      }
    }
  }

  /** Whose turn it is; the lease is taken in a transaction of its own, so that it is there when the request is sent. */
  async #takeTurn(signIn: KeptSignIn, generation: number): Promise<Turn> {
    const { database, leaseMs = LEASE_MS } = this.#options;
    return database.inTenant(signIn.tenantId, async (tx): Promise<Turn> => {
      const row = await store.findTokenForUpdate(tx, signIn);
      const isOther = row?.generation !== generation || row.connectionRevision !== signIn.connectionRevision;
      if (!row || isOther || row.endReason !== null) return { kind: 'DONE', row };
      const startedAt = this.#now();
      if (row.leaseUntil !== null && row.leaseUntil > startedAt) return { kind: 'OTHERS' };
      const until = new Date(startedAt.getTime() + leaseMs);
      await store.takeLease(tx, signIn, { startedAt, until });
      return { kind: 'MINE', row, wasInterrupted: row.refreshStartedAt !== null };
    });
  }

  async #ask(
    signIn: KeptSignIn,
    { row, wasInterrupted }: { readonly row: store.TokenRow; readonly wasInterrupted: boolean },
  ): Promise<string> {
    const { logger } = this.#options;
    const { integrationId } = signIn;
    if (wasInterrupted) logger.warn({ integrationId }, 'a refresh of tokens did not end; it is made again');
    try {
      const { refreshToken } = await this.#open(signIn, row);
      if (refreshToken === null)
        throw new SignInEnded(
          `The sign-in at ${signIn.vendor.system} is over. Sign in again.`,
          'no_refresh_token',
        );
      const { fetch, vendor, client } = signIn;
      const signal = AbortSignal.timeout(REQUEST_MS);
      const tokens = await refreshTokens({ fetch, vendor, client, signal, now: this.#now() }, refreshToken);
      // A vendor that gives no other refresh token goes on with the former one.
      return await this.#store(signIn, row.generation, {
        ...tokens,
        refreshToken: tokens.refreshToken ?? refreshToken,
      });
    } catch (error) {
      if (error instanceof SignInEnded) return this.#ended(signIn, { row, wasInterrupted, error });
      await this.#giveBack(signIn, {
        generation: row.generation,
        isUnanswered: !isAnswered(error) || (wasInterrupted && isPutOff(error)),
      });
      throw error;
    }
  }

  async #store(signIn: KeptSignIn, generation: number, tokens: Tokens): Promise<string> {
    const { database, secretBox } = this.#options;
    const envelope = this.seal(await secretBox.unlock(signIn.tenantId), signIn.integrationId, tokens);
    const { connectionRevision } = signIn;
    const { expiresAt } = tokens;
    const refreshedAt = this.#now();
    const isStored = await database.inTenant(signIn.tenantId, (tx) =>
      store.replaceToken(tx, signIn, { generation, connectionRevision, envelope, expiresAt, refreshedAt }),
    );
    // Another one came first, after this process had been stopped for longer than its lease.
    return isStored ? tokens.accessToken : (await this.#read(signIn)).accessToken;
  }

  /** Unless somebody else has a newer pair by now, it is over: said in the row, so that nobody asks in vain again. */
  async #ended(
    signIn: KeptSignIn,
    how: { readonly row: store.TokenRow; readonly wasInterrupted: boolean; readonly error: SignInEnded },
  ): Promise<string> {
    const { database, logger } = this.#options;
    const { generation } = how.row;
    const { system } = signIn.vendor;
    const reason = how.wasInterrupted
      ? `The sign-in at ${system} was lost while it was renewed. Sign in again.`
      : how.error.message;
    const isEnded = await database.inTenant(signIn.tenantId, (tx) =>
      store.endToken(tx, signIn, { generation, reason, at: this.#now() }),
    );
    if (!isEnded) return (await this.#read(signIn)).accessToken;
    const { integrationId } = signIn;
    logger.info({ integrationId, reason: how.error.error }, 'a sign-in has ended');
    await changeStatusByUse(this.#options, signIn, { status: 'BROKEN', reason });
    throw new SignInEnded(reason, how.error.error);
  }

  async #giveBack(
    signIn: KeptSignIn,
    lease: { readonly generation: number; readonly isUnanswered: boolean },
  ): Promise<void> {
    try {
      await this.#options.database.inTenant(signIn.tenantId, (tx) => store.giveBackLease(tx, signIn, lease));
    } catch (error) {
      // It ends by itself.
      this.#options.logger.warn({ err: error }, 'the lease of a refresh could not be given back');
    }
  }
}

function isAnswered(error: unknown): error is ConnectorError {
  return error instanceof ConnectorError && error.status !== null && error.status < 500;
}

/** By the vendor or by the connection's own limits: what a refresh before it left open is as open as before. */
function isPutOff(error: ConnectorError): boolean {
  return error.status === TOO_MANY_REQUESTS;
}

type Turn =
  | { readonly kind: 'DONE'; readonly row: store.TokenRow | null }
  | { readonly kind: 'MINE'; readonly row: store.TokenRow; readonly wasInterrupted: boolean }
  | { readonly kind: 'OTHERS' };
