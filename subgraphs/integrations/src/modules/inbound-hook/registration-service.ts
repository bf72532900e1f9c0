/** Has other systems send to hooks, where their APIs can be told to, and ends that. */
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import { FlowgridError, isId, newId, notFound, type Clock, type Logger } from '@flowgrid/platform';
import type { IntegrationsDatabase } from '../../database.ts';
import { orConflict, type Connections } from '../connection/connections.ts';
import type { SecretBox } from '../credential/secret-box.ts';
import { hookUrl } from './hook-url.ts';
import { checkSigning } from './hook-signing.ts';
import { placeOf } from './hook-secret.ts';
import { findHook, findHookForUpdate, findHookWithSecrets } from './hook-store.ts';
import type { InboundHook, InboundRegistration } from './inbound-hook.ts';
import { recordChange, type ChangeBy } from './record-change.ts';
import { Registrar } from './registrar.ts';
import { refreshAfter, toRegistrationData } from './registration.ts';
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

const MAX_SCOPE_LENGTH = 200;

export class RegistrationService {
  readonly #options: RegistrationServiceOptions;
  readonly #registrar: Registrar;

  constructor(options: RegistrationServiceOptions) {
    this.#options = options;
    this.#registrar = new Registrar(options);
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
      this.#registrar.ask(tenantId, hook, 'INTERACTIVE', async (webhooks, connection, signal) => {
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
          toData: (snapshot) => ({ hook: snapshot, registration: toRegistrationData(registration) }),
        });
      });
    } catch (error) {
      // What is not kept here would be sent for ever.
      await this.#registrar.remove(tenantId, hook, registration);
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
    await this.#registrar.remove(tenantId, hook, registration);
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
        if (hook !== null) await this.#registrar.remove(tenantId, hook, registration);
      }),
    );
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
