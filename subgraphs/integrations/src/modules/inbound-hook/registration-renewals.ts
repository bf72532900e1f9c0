/** Renews the registrations that end by themselves, before they do. */
import type { Actor } from '@flowgrid/access';
import { FlowgridError, type Clock, type Logger } from '@flowgrid/platform';
import type { IntegrationsDatabase } from '../../database.ts';
import { ConnectionPaused } from '../connection/connection-paused.ts';
import { isConnectionFailure, type Connections } from '../connection/connections.ts';
import { changeStatusByUse } from '../connection/status-changes.ts';
import { findHook, findHookForUpdate } from './hook-store.ts';
import type { InboundHook, InboundRegistration } from './inbound-hook.ts';
import { recordChange } from './record-change.ts';
import { Registrar, toForeign } from './registrar.ts';
import { refreshAfter, toRegistrationData } from './registration.ts';
import * as store from './registration-store.ts';

export interface RegistrationRenewalsOptions {
  readonly database: IntegrationsDatabase;
  readonly connections: Pick<Connections, 'use'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Found {
  readonly hook: InboundHook;
  readonly registration: InboundRegistration;
}

const LEASE_SECONDS = 120;
const AT_ONCE = 20;
const HOUR_MS = 60 * 60 * 1000;
const LONGEST_RETRY_MS = 12 * HOUR_MS;
const SYSTEM: Actor = { kind: 'SYSTEM', id: 'integrations', name: 'Flowgrid', userId: null };

export class RegistrationRenewals {
  readonly #options: RegistrationRenewalsOptions;
  readonly #registrar: Registrar;

  constructor(options: RegistrationRenewalsOptions) {
    this.#options = options;
    this.#registrar = new Registrar(options);
  }

  /** Renews what is due; one after the other, because nobody waits. */
  async renewDue(): Promise<void> {
    for (const key of await store.claimRegistrations(this.#options.database, LEASE_SECONDS, AT_ONCE)) {
      await this.#renew(key);
    }
  }

  async #renew(key: store.RegistrationKey): Promise<void> {
    const { database, clock, logger } = this.#options;
    const { tenantId } = key;
    const found = await database.inTenant(tenantId, async (tx) => {
      const registration = await store.findRegistration(tx, key);
      const hook = registration && (await findHook(tx, { tenantId, id: registration.hookId }));
      return registration && hook && { registration, hook };
    });
    if (found === null) return;
    const { registration, hook } = found;
    try {
      const renewed = await this.#registrar.ask(
        tenantId,
        hook,
        'BACKGROUND',
        (webhooks, connection, signal) => webhooks.refresh(connection, toForeign(registration), signal),
      );
      const { id: foreignId, expiresAt } = renewed;
      const next = refreshAfter(expiresAt, clock.now());
      const data = { foreignId, expiresAt, failures: 0, lastError: null, refreshAfter: next };
      await database.inTenant(tenantId, (tx) => store.updateRegistration(tx, key, data));
    } catch (error) {
      // Paused is not failed: the lease brings it back in a moment.
      if (error instanceof ConnectionPaused) return;
      if (!isConnectionFailure(error) && !(error instanceof FlowgridError)) throw error;
      logger.warn({ hookId: hook.id, reason: error.message }, 'a registration was not renewed');
      await this.#recordFailure(tenantId, found, error.message);
    }
  }

  async #recordFailure(tenantId: string, { hook, registration }: Found, reason: string): Promise<void> {
    const { database, clock } = this.#options;
    const failures = registration.failures + 1;
    const now = clock.now();
    const waitMs = Math.min(HOUR_MS * 2 ** registration.failures, LONGEST_RETRY_MS);
    const { foreignId, expiresAt } = registration;
    const data = {
      foreignId,
      expiresAt,
      failures,
      lastError: reason,
      refreshAfter: new Date(now.getTime() + waitMs),
    };
    const until = expiresAt === null ? '' : ` It ends on ${expiresAt.toISOString().slice(0, 10)}.`;
    const message = `The webhook of the hook “${hook.name}” could not be renewed: ${reason}${until}`;
    await database.inTenant(tenantId, async (tx) => {
      await findHookForUpdate(tx, { tenantId, id: hook.id });
      await store.updateRegistration(tx, { tenantId, id: registration.id }, data);
      // Told once, and not with each try.
      if (failures !== 1) return;
      await recordChange(
        tx,
        { viewer: { tenantId, actor: SYSTEM }, requestId: null, clock },
        {
          type: 'inbound_hook.registration_failed',
          hook,
          changes: { reason },
          toData: (snapshot) => ({ hook: snapshot, registration: toRegistrationData(registration), message }),
        },
      );
    });
    await this.#degrade(tenantId, hook, message);
  }

  async #degrade(tenantId: string, { integrationId }: InboundHook, reason: string): Promise<void> {
    const { database } = this.#options;
    if (integrationId === null) return;
    const integration = await database.readInTenant(tenantId, (tx) =>
      tx.integration.findFirst({
        where: { tenantId, id: integrationId },
        select: { connectionRevision: true, status: true },
      }),
    );
    // What is broken already is not made to look better.
    if (integration === null || integration.status === 'BROKEN') return;
    const { connectionRevision } = integration;
    await changeStatusByUse(
      this.#options,
      { tenantId, integrationId, connectionRevision },
      { status: 'DEGRADED', reason },
    );
  }
}
