/** Keeps the hooks of tenants: where other systems tell us of changes. */
import { requirePermission, type ServiceRequest, type TenantViewer } from '@flowgrid/access';
import {
  FlowgridError,
  invalidInput,
  isId,
  newId,
  notFound,
  parseInput,
  type Clock,
} from '@flowgrid/platform';
import type { IntegrationsDatabase, Tx } from '../../database.ts';
import type { SecretBox } from '../credential/secret-box.ts';
import { findIntegration, isUniqueViolation } from '../integration/integration-store.ts';
import {
  DEFAULT_OVERLAP_HOURS,
  checkIntegrationKind,
  checkMapping,
  chooseVerification,
  createHookSchema,
  rotateSecretSchema,
  updateHookSchema,
  type CreateHook,
  type RotateSecret,
  type UpdateHook,
} from './hook-input.ts';
import { chooseSecret, newAddress, placeOf, type ChosenSecret } from './hook-secret.ts';
import * as store from './hook-store.ts';
import { hookUrl } from './hook-url.ts';
import type { InboundHook } from './inbound-hook.ts';
import { recordChange } from './record-change.ts';

export interface InboundHookServiceOptions {
  readonly database: IntegrationsDatabase;
  readonly secretBox: SecretBox;
  readonly publicUrl: string;
  readonly clock: Clock;
}

/** A hook with its new secret: shown this once, and null where the caller gave it. */
export interface HookAndSecret {
  readonly hook: InboundHook;
  readonly secret: string | null;
}

/** `inboundHooks` is a plain list; this keeps it one. */
const MAX_HOOKS = 100;
const HOUR_MS = 60 * 60 * 1000;

export class InboundHookService {
  readonly #options: InboundHookServiceOptions;

  constructor(options: InboundHookServiceOptions) {
    this.#options = options;
  }

  /** Where messages to the hook are sent. */
  urlOf(hook: InboundHook): string {
    return hookUrl(this.#options.publicUrl, hook);
  }

  async list(request: ServiceRequest): Promise<readonly InboundHook[]> {
    const { tenantId } = requirePermission(request.viewer, 'integration:manage');
    return this.#options.database.readInTenant(tenantId, (tx) => store.listHooks(tx, tenantId));
  }

  async find(request: ServiceRequest, id: string): Promise<InboundHook | null> {
    const { tenantId } = requirePermission(request.viewer, 'integration:manage');
    if (!isId(id)) return null;
    return this.#options.database.readInTenant(tenantId, (tx) => store.findHook(tx, { tenantId, id }));
  }

  async create(request: ServiceRequest, input: CreateHook): Promise<HookAndSecret> {
    const viewer = requirePermission(request.viewer, 'integration:manage');
    const { tenantId } = viewer;
    const parsed = parseInput(createHookSchema, input);
    const verification = chooseVerification(parsed.kind, parsed.verification);
    const secret = chooseSecret(verification, parsed.secret);
    const now = this.#options.clock.now();
    const hook: InboundHook = {
      id: parsed.id ?? newId(),
      integrationId: parsed.integrationId ?? null,
      kind: parsed.kind,
      verification,
      name: parsed.name,
      isEnabled: true,
      address: newAddress(),
      mapping: checkMapping(parsed.kind, parsed.mapping),
      createdAt: now,
      updatedAt: now,
    };
    const work = await this.#inserting(viewer, hook, secret);
    return this.#options.database
      .inTenant(tenantId, (tx) => work(tx, request))
      .catch((error: unknown) => {
        if (!isUniqueViolation(error)) throw error;
        // Two callers sent the same id at the same moment. Now the other one's row is seen.
        return this.#options.database.inTenant(tenantId, (tx) => work(tx, request));
      });
  }

  async #inserting(
    { tenantId }: TenantViewer,
    hook: InboundHook,
    secret: ChosenSecret,
  ): Promise<(tx: Tx, request: ServiceRequest) => Promise<HookAndSecret>> {
    const envelope = await this.#seal(tenantId, hook.id, secret);
    const key = { tenantId, id: hook.id };
    return async (tx, request) => {
      const existing = await store.findHookForUpdate(tx, key);
      // Its secret was shown to whoever made it, and is not shown again.
      if (existing) return { hook: asRepeated(existing, hook), secret: null };
      await requireIntegration(tx, tenantId, hook);
      if ((await store.countHooks(tx, tenantId)) >= MAX_HOOKS)
        throw invalidInput('LIMIT_REACHED', `A tenant has at most ${MAX_HOOKS} hooks.`, []);
      await store.insertHook(tx, tenantId, hook);
      const now = hook.createdAt;
      await store.insertSecret(tx, key, { envelope, now, formerUntil: now });
      const { kind, name, verification } = hook;
      await recordChange(tx, this.#by(request), {
        type: 'inbound_hook.created',
        hook,
        changes: { kind, name, verification, integrationId: hook.integrationId },
        toData: (snapshot) => ({ hook: snapshot }),
      });
      return { hook, secret: shown(secret) };
    };
  }

  async update(request: ServiceRequest, input: UpdateHook): Promise<InboundHook> {
    const parsed = parseInput(updateHookSchema, input);
    return this.#change(request, parsed.id, async (tx, { tenantId }, current) => {
      const updated: InboundHook = {
        ...current,
        name: parsed.name ?? current.name,
        isEnabled: parsed.isEnabled ?? current.isEnabled,
        mapping: parsed.mapping === undefined ? current.mapping : checkMapping(current.kind, parsed.mapping),
        updatedAt: this.#options.clock.now(),
      };
      const changedFields = (['name', 'isEnabled', 'mapping'] as const).filter(
        (field) => JSON.stringify(current[field]) !== JSON.stringify(updated[field]),
      );
      if (changedFields.length === 0) return current;
      await store.updateHook(tx, tenantId, updated);
      await recordChange(tx, this.#by(request), {
        type: 'inbound_hook.updated',
        hook: updated,
        changes: { name: updated.name, isEnabled: updated.isEnabled, fields: changedFields.join(' ') },
        toData: (hook) => ({ hook, changedFields }),
      });
      return updated;
    });
  }

  /** The former secrets are taken until the overlap is over, so that the sender has time to change. */
  async rotateSecret(request: ServiceRequest, input: RotateSecret): Promise<HookAndSecret> {
    const viewer = requirePermission(request.viewer, 'integration:manage');
    const parsed = parseInput(rotateSecretSchema, input);
    const { tenantId } = viewer;
    if (!isId(parsed.id)) throw notFound('InboundHook');
    const key = { tenantId, id: parsed.id.toLowerCase() };
    const { database, clock } = this.#options;
    const known = await database.readInTenant(tenantId, (tx) => store.findHook(tx, key));
    if (known === null) throw notFound('InboundHook');
    const secret = chooseSecret(known.verification, parsed.secret);
    const envelope = await this.#seal(tenantId, key.id, secret);
    const now = clock.now();
    const overlapMs = (parsed.overlapHours ?? DEFAULT_OVERLAP_HOURS) * HOUR_MS;
    const formerUntil = new Date(now.getTime() + overlapMs);
    const hook = await this.#change(request, parsed.id, async (tx, _viewer, current) => {
      await store.insertSecret(tx, key, { envelope, now, formerUntil });
      const formerTakenUntil = formerUntil.toISOString();
      await recordChange(tx, this.#by(request), {
        type: 'inbound_hook.secret_rotated',
        hook: current,
        changes: { formerTakenUntil },
        toData: (snapshot) => ({ hook: snapshot, formerTakenUntil }),
      });
      return current;
    });
    return { hook, secret: shown(secret) };
  }

  async delete(request: ServiceRequest, id: string): Promise<InboundHook> {
    return this.#change(request, id, async (tx, { tenantId }, current) => {
      await store.deleteHook(tx, { tenantId, id: current.id });
      const { kind, name } = current;
      await recordChange(tx, this.#by(request), {
        type: 'inbound_hook.deleted',
        hook: current,
        changes: { kind, name },
        toData: (hook) => ({ hook }),
      });
      return current;
    });
  }

  /** @throws FlowgridError `NOT_FOUND` for an id that the tenant does not have, whatever its form. */
  async #change(
    request: ServiceRequest,
    id: string,
    work: (tx: Tx, viewer: TenantViewer, current: InboundHook) => Promise<InboundHook>,
  ): Promise<InboundHook> {
    const viewer = requirePermission(request.viewer, 'integration:manage');
    const { tenantId } = viewer;
    if (!isId(id)) throw notFound('InboundHook');
    return this.#options.database.inTenant(tenantId, async (tx) => {
      const current = await store.findHookForUpdate(tx, { tenantId, id });
      if (!current) throw notFound('InboundHook');
      return work(tx, viewer, current);
    });
  }

  async #seal(tenantId: string, hookId: string, { value }: ChosenSecret) {
    const secrets = await this.#options.secretBox.unlock(tenantId);
    return secrets.seal(placeOf(hookId), value);
  }

  #by(request: ServiceRequest) {
    const viewer = requirePermission(request.viewer, 'integration:manage');
    return { viewer, requestId: request.requestId, clock: this.#options.clock };
  }
}

const shown = ({ value, isOwn }: ChosenSecret): string | null => (isOwn ? value : null);

/** @throws InvalidInput for a connection that the tenant does not have, or one to another kind of system. */
async function requireIntegration(
  tx: Tx,
  tenantId: string,
  { kind, integrationId }: InboundHook,
): Promise<void> {
  if (integrationId === null) return;
  const integration = await findIntegration(tx, tenantId, integrationId);
  if (integration === null) throw notFound('Integration');
  checkIntegrationKind(kind, integration.kind);
}

function asRepeated(existing: InboundHook, wanted: InboundHook): InboundHook {
  const isSame =
    existing.kind === wanted.kind &&
    existing.name === wanted.name &&
    existing.integrationId === wanted.integrationId &&
    existing.verification === wanted.verification;
  if (isSame) return existing;
  throw new FlowgridError('CONFLICT', 'Another hook of this tenant has this id.');
}
