/**
 * Looks after the tokens that nobody asks for: refreshes that ended without an answer are made again while the vendor still
 * takes the former token, and sign-ins that would end because nobody uses them are kept.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { OutboundFetch } from '@flowgrid/outbound';
import type { Clock, Logger } from '@flowgrid/platform';
import { forConnection } from '../../adapters/json-request.ts';
import { SignInEnded } from '../../adapters/sign-in/token-endpoint.ts';
import type { IntegrationsDatabase } from '../../database.ts';
import { isConnectionFailure } from '../connection/connections.ts';
import { needsBrowser } from '../credential/credential.ts';
import { openCredential } from '../credential/open-credential.ts';
import type { SecretBox } from '../credential/secret-box.ts';
import { findIntegration, listSealedFields } from '../integration/integration-store.ts';
import type { SignIns } from './sign-ins.ts';
import type { KeptSignIn, TokenKeeper } from './token-keeper.ts';
import * as store from './token-store.ts';

export interface TokenTenderOptions {
  readonly database: IntegrationsDatabase;
  readonly secretBox: SecretBox;
  readonly signIns: SignIns;
  readonly keeper: TokenKeeper;
  readonly fetch: OutboundFetch;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs?: number;
}

const EVERY_MS = 30_000;
const PAGE_SIZE = 50;
const AT_ONCE = 16;
/** Jira ends a refresh token after 90 days without use, ServiceNow after 100, GitHub after half a year. */
const UNUSED_DAYS = 30;

export class TokenTender {
  readonly #options: TokenTenderOptions;

  constructor(options: TokenTenderOptions) {
    this.#options = options;
  }

  /** Returns how many were refreshed. One that fails leaves the others alone, and is tried again the next time. */
  async tend(): Promise<number> {
    const { database } = this.#options;
    const places = await database.withoutTenant((client) =>
      store.listTokensToTend(client, { unusedDays: UNUSED_DAYS, limit: PAGE_SIZE }),
    );
    const waiting = places.values();
    let refreshed = 0;
    const takeTurns = async (): Promise<void> => {
      for (const place of waiting) if (await this.#tendOne(place)) refreshed += 1;
    };
    // A vendor that hangs, as a tenant's own server may, keeps no others waiting until their former tokens are over.
    await Promise.all(Array.from({ length: AT_ONCE }, takeTurns));
    return refreshed;
  }

  async #tendOne(place: store.TokenPlace): Promise<boolean> {
    try {
      return await this.#refresh(place);
    } catch (error) {
      const { integrationId } = place;
      // What fails at the vendor is said by its message alone: causes carry headers.
      const what = isConnectionFailure(error) ? { reason: error.message } : { err: error };
      this.#options.logger.info({ integrationId, ...what }, 'a sign-in could not be refreshed');
      return false;
    }
  }

  async #refresh(place: store.TokenPlace): Promise<boolean> {
    const { database, keeper } = this.#options;
    const signIn = await this.#find(place);
    try {
      if (signIn) await keeper.refresh(signIn);
      if (signIn) return true;
    } catch (error) {
      if (!(error instanceof SignInEnded) || error.error !== 'not_signed_in') throw error;
    }
    // The credential that it belonged to was replaced.
    await database.inTenant(place.tenantId, (tx) => store.deleteToken(tx, place));
    return false;
  }

  async #find({ tenantId, integrationId }: store.TokenPlace): Promise<KeptSignIn | null> {
    const { database, secretBox, signIns, fetch } = this.#options;
    const secrets = await secretBox.unlock(tenantId);
    return database.inTenant(tenantId, async (tx) => {
      const integration = await findIntegration(tx, tenantId, integrationId);
      if (!integration) return null;
      const sealed = await listSealedFields(tx, { tenantId, integrationId });
      const credential = openCredential(secrets, { integration, sealed });
      if (!needsBrowser(credential)) return null;
      const { baseUrl, connectionRevision } = integration;
      const place = { tenantId, integrationId, connectionRevision, baseUrl, credential };
      return signIns.describe(forConnection(fetch, integrationId), place, credential);
    });
  }
}

/** Tends at intervals, in each worker. Disposing of it waits for what is under way. */
export function startTokenTender(options: TokenTenderOptions): AsyncDisposable {
  const { logger, everyMs = EVERY_MS } = options;
  const tender = new TokenTender(options);
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await tender.tend();
      } catch (error) {
        logger.warn({ err: error }, 'sign-ins could not be looked after');
      }
      // Workers that were started together do not look together.
      await delay(everyMs * (0.75 + Math.random() / 2), undefined, {
        signal: stopping.signal,
        ref: false,
      }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await running;
    },
  };
}
