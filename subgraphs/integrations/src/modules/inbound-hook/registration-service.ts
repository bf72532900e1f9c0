/** Has other systems send to hooks, where their APIs can be told to: registers, renews and ends that. */
import { requirePermission, type Actor, type ServiceRequest } from '@flowgrid/access';
import { FlowgridError, isId, newId, notFound, type Clock, type Logger } from '@flowgrid/platform';
import type { Connection } from '../../adapters/connection.ts';
import type { Connector, WebhookRegistrar, WebhookRegistration } from '../../adapters/connector.ts';
import type { IntegrationsDatabase } from '../../database.ts';
import { ConnectionPaused } from '../connection/connection-paused.ts';
import { isConnectionFailure, orConflict, type Connections } from '../connection/connections.ts';
import { changeStatusByUse } from '../connection/status-changes.ts';
import type { SecretBox } from '../credential/secret-box.ts';
import { hookUrl } from './hook-url.ts';
import { checkSigning } from './hook-signing.ts';
import { placeOf } from './hook-secret.ts';
import { findHook, findHookForUpdate, findHookWithSecrets } from './hook-store.ts';
import type { InboundHook, InboundRegistration } from './inbound-hook.ts';
import { recordChange, type ChangeBy } from './record-change.ts';
import * as store from './registration-store.ts';

export interface RegistrationServiceOptions {
  readonly database: IntegrationsDatabase;
  readonly connections: Pick<Connections, 'use'>;
  readonly secretBox: SecretBox;
  readonly publicUrl: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Registered {
  readonly hook: InboundHook;
  readonly registration: InboundRegistration;
}

const TIMEOUT_MS = 10_000;
const MAX_SCOPE_LENGTH = 200;
const LEASE_SECONDS = 120;
const AT_ONCE = 20;
const HOUR_MS = 60 * 60 * 1000;
const LONGEST_RETRY_MS = 12 * HOUR_MS;
const SYSTEM: Actor = { kind: 'SYSTEM', id: 'integrations', name: 'Flowgrid', userId: null };

export class RegistrationService {
  readonly #options: RegistrationServiceOptions;

  constructor(options: RegistrationServiceOptions) {
    this.#options = options;
  }

  /** Of several hooks at once. */
  async list(request: ServiceRequest, hookIds: readonly string[]): Promise<readonly InboundRegistration[]> {
    const { tenantId } = requirePermission(request.viewer, 'integration:manage');
    return this.#options.database.readInTenant(tenantId, (tx) =>
      store.listRegistrations(tx, tenantId, hookIds),
    );
  }

  /**
   * @throws FlowgridError `CONFLICT` with the words of what the other system refused; InvalidInput for a hook that would refuse
   * what the other system is about to send.
   */
  async register(
    request: ServiceRequest,
    input: { readonly hookId: string; readonly scope?: string | null | undefined },
  ): Promise<Registered> {
    const viewer = requirePermission(request.viewer, 'integration:manage');
    const { tenantId } = viewer;
    const { database, clock } = this.#options;
    const scope = input.scope?.trim() || null;
    if ((scope?.length ?? 0) > MAX_SCOPE_LENGTH)
      throw new FlowgridError('BAD_USER_INPUT', 'The scope is too long.');
    const { hook, secret } = await this.#openHook(tenantId, input.hookId);
    const known = await database.readInTenant(tenantId, (tx) =>
      store.listRegistrations(tx, tenantId, [hook.id]),
    );
    const same = known.find((registration) => registration.scope === scope);
    if (same !== undefined) return { hook, registration: same };
    const url = hookUrl(this.#options.publicUrl, hook);
    const made = await orConflict(
      this.#withRegistrar(tenantId, hook, 'INTERACTIVE', async (webhooks, connection, signal) => {
        checkSigning(hook, await webhooks.signing(connection, signal));
        return webhooks.register(connection, { url, secret, scope }, signal);
      }),
    );
    const registration: InboundRegistration = {
      id: newId(),
      hookId: hook.id,
      foreignId: made.id,
      scope: made.scope,
      expiresAt: made.expiresAt,
      failures: 0,
      lastError: null,
      createdAt: clock.now(),
    };
    const by = { viewer, requestId: request.requestId, clock };
    await this.#keep(tenantId, hook, registration, by);
    return { hook, registration };
  }

  async #keep(
    tenantId: string,
    hook: InboundHook,
    registration: InboundRegistration,
    by: ChangeBy,
  ): Promise<void> {
    const { database, clock } = this.#options;
    const { scope, expiresAt } = registration;
    try {
      await database.inTenant(tenantId, async (tx) => {
        if ((await findHookForUpdate(tx, { tenantId, id: hook.id })) === null) throw notFound('InboundHook');
        await store.insertRegistration(tx, tenantId, registration, refreshAfter(expiresAt, clock.now()));
        await recordChange(tx, by, {
          type: 'inbound_hook.registered',
          hook,
          changes: { scope, expiresAt: expiresAt?.toISOString() ?? null },
          toData: (snapshot) => ({ hook: snapshot, registration: toData(registration) }),
        });
      });
    } catch (error) {
      // What is not kept here would be sent for ever.
      await this.#removeThere(tenantId, hook, registration);
      throw error;
    }
  }

  async unregister(request: ServiceRequest, id: string): Promise<InboundHook> {
    const viewer = requirePermission(request.viewer, 'integration:manage');
    const { tenantId } = viewer;
    const { database, clock } = this.#options;
    if (!isId(id)) throw notFound('InboundRegistration');
    const key = { tenantId, id };
    const found = await database.inTenant(tenantId, async (tx) => {
      const registration = await store.findRegistration(tx, key);
      const hook = registration && (await findHook(tx, { tenantId, id: registration.hookId }));
      return hook === null ? null : { hook, registration };
    });
    if (!found?.registration) throw notFound('InboundRegistration');
    const { hook, registration } = found;
    await this.#removeThere(tenantId, hook, registration);
    await database.inTenant(tenantId, async (tx) => {
      await findHookForUpdate(tx, { tenantId, id: hook.id });
      await store.deleteRegistration(tx, key);
      await recordChange(
        tx,
        { viewer, requestId: request.requestId, clock },
        {
          type: 'inbound_hook.unregistered',
          hook,
          changes: { scope: registration.scope },
          toData: (snapshot) => ({ hook: snapshot }),
        },
      );
    });
    return hook;
  }

  /** Before a hook or a connection is deleted: the other systems are told to stop, as far as they can be reached. */
  async removeAll(
    request: ServiceRequest,
    of: { readonly hookId: string } | { readonly integrationId: string },
  ): Promise<void> {
    const { tenantId } = requirePermission(request.viewer, 'integration:manage');
    const id = 'hookId' in of ? of.hookId : of.integrationId;
    if (!isId(id)) return;
    const registrations = await this.#options.database.readInTenant(tenantId, (tx) =>
      'hookId' in of
        ? store.listRegistrations(tx, tenantId, [id])
        : store.listRegistrationsOfIntegration(tx, tenantId, id),
    );
    await Promise.all(
      registrations.map(async (registration) => {
        const hook = await this.#options.database.readInTenant(tenantId, (tx) =>
          findHook(tx, { tenantId, id: registration.hookId }),
        );
        if (hook !== null) await this.#removeThere(tenantId, hook, registration);
      }),
    );
  }

  /** Renews what is due; one after the other, because nobody waits. */
  async refreshDue(): Promise<void> {
    for (const key of await store.claimRegistrations(this.#options.database, LEASE_SECONDS, AT_ONCE)) {
      await this.#refresh(key);
    }
  }

  async #refresh(key: store.RegistrationKey): Promise<void> {
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
      const renewed = await this.#withRegistrar(
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

  async #recordFailure(tenantId: string, { hook, registration }: Registered, reason: string): Promise<void> {
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
          toData: (snapshot) => ({ hook: snapshot, registration: toData(registration), message }),
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

  /** As far as the other system can be reached. */
  async #removeThere(tenantId: string, hook: InboundHook, registration: InboundRegistration): Promise<void> {
    try {
      await this.#withRegistrar(tenantId, hook, 'INTERACTIVE', (webhooks, connection, signal) =>
        webhooks.remove(connection, toForeign(registration), signal),
      );
    } catch (error) {
      // Its messages will be refused: nobody has the hook any more.
      const reason = error instanceof Error ? error.message : 'unknown';
      this.#options.logger.warn(
        { hookId: hook.id, reason },
        'a registration was not ended at the other system',
      );
    }
  }

  async #withRegistrar<Result>(
    tenantId: string,
    { integrationId }: InboundHook,
    priority: 'INTERACTIVE' | 'BACKGROUND',
    work: (webhooks: WebhookRegistrar, connection: Connection, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    if (integrationId === null) throw new FlowgridError('CONFLICT', 'The hook belongs to no integration.');
    const result = await this.#options.connections.use(
      { tenantId, integrationId },
      async ({ connector, connection }) => {
        const { webhooks }: Pick<Connector, 'capabilities' | 'webhooks'> = connector;
        if (webhooks === undefined)
          throw new FlowgridError(
            'CONFLICT',
            'The API of this system registers no webhooks: follow the setup of the hook.',
          );
        return { value: await work(webhooks, connection, AbortSignal.timeout(TIMEOUT_MS)) };
      },
      { priority },
    );
    if (result === null) throw notFound('Integration');
    return result.value;
  }

  async #openHook(
    tenantId: string,
    id: string,
  ): Promise<{ readonly hook: InboundHook; readonly secret: string }> {
    if (!isId(id)) throw notFound('InboundHook');
    const { database, secretBox, clock } = this.#options;
    const found = await database.readInTenant(tenantId, (tx) =>
      findHookWithSecrets(tx, { tenantId, id }, clock.now()),
    );
    if (found === null) throw notFound('InboundHook');
    const [envelope] = found.envelopes;
    const opener = await secretBox.unlock(tenantId);
    return { hook: found.hook, secret: opener.open(placeOf(found.hook.id), envelope) };
  }
}

/** After two thirds of the time that is left: of Jira's 30 days, ten remain for trying again. */
function refreshAfter(expiresAt: Date | null, now: Date): Date | null {
  if (expiresAt === null) return null;
  return new Date(now.getTime() + Math.max(0, (expiresAt.getTime() - now.getTime()) * (2 / 3)));
}

function toForeign({ foreignId, scope, expiresAt }: InboundRegistration): WebhookRegistration {
  return { id: foreignId, scope, expiresAt };
}

function toData({ scope, expiresAt }: InboundRegistration): {
  scope: string | null;
  expiresAt: string | null;
} {
  return { scope, expiresAt: expiresAt?.toISOString() ?? null };
}
