/** Keeps the integrations of tenants. */
import { setTimeout as delay } from 'node:timers/promises';
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
import { recordStatusChange } from '../connection/status-changes.ts';
import { hintOf, parseCredential, type Credential } from '../credential/credential.ts';
import { sealCredential } from '../credential/open-credential.ts';
import type { SecretBox, TenantSecrets } from '../credential/secret-box.ts';
import {
  createSchema,
  toBaseUrl,
  updateSchema,
  type CreateIntegration,
  type UpdateIntegration,
} from './integration-input.ts';
import { forgetSynced } from '../sync/sync-store.ts';
import * as store from './integration-store.ts';
import type { Integration, IntegrationKind } from './integration.ts';
import { recordChange } from './record-change.ts';

export interface IntegrationServiceOptions {
  readonly database: IntegrationsDatabase;
  readonly secretBox: SecretBox;
  readonly findUrlProblem: (url: URL) => string | null;
  /** Ends at the other system what would go on without the integration; after it there is no credential for that. */
  readonly beforeDelete: (request: ServiceRequest, id: string) => Promise<void>;
  readonly clock: Clock;
}

/** `integrations` is a plain list; this keeps it one. */
const MAX_INTEGRATIONS = 200;
const BEFORE_DELETE_MS = 3_000;

export class IntegrationService {
  readonly #options: IntegrationServiceOptions;

  constructor(options: IntegrationServiceOptions) {
    this.#options = options;
  }

  async list(request: ServiceRequest, kind: IntegrationKind | null): Promise<readonly Integration[]> {
    const { tenantId } = requirePermission(request.viewer, 'integration:read');
    return this.#options.database.readInTenant(tenantId, (tx) => store.listIntegrations(tx, tenantId, kind));
  }

  /** Those of the ids that the tenant has, in any order. */
  async listByIds(request: ServiceRequest, ids: readonly string[]): Promise<readonly Integration[]> {
    const { tenantId } = requirePermission(request.viewer, 'integration:read');
    const valid = ids.filter(isId);
    if (valid.length === 0) return [];
    return this.#options.database.readInTenant(tenantId, (tx) => store.findIntegrations(tx, tenantId, valid));
  }

  async create(request: ServiceRequest, input: CreateIntegration): Promise<Integration> {
    const viewer = requirePermission(request.viewer, 'integration:manage');
    const by = { viewer, requestId: request.requestId, clock: this.#options.clock };
    const parsed = parseInput(createSchema, input);
    const { kind, name } = parsed;
    const credential = parseCredential(kind, parsed.credential);
    const baseUrl = toBaseUrl(kind, parsed.baseUrl, this.#options.findUrlProblem);
    const wanted = {
      id: parsed.id ?? newId(),
      kind,
      name,
      baseUrl,
      credentialHint: hintOf(credential),
      requestsPerMinute: parsed.requestsPerMinute ?? null,
      createdAt: this.#options.clock.now(),
    };
    const secrets = await this.#options.secretBox.unlock(viewer.tenantId);
    return this.#inTenant(viewer, async (tx) => {
      const existing = await store.findIntegration(tx, viewer.tenantId, wanted.id);
      if (existing) return asRepeated(existing, wanted);
      await this.#requireFreeName(tx, viewer, { kind, name, exceptId: wanted.id });
      if ((await store.countIntegrations(tx, viewer.tenantId)) >= MAX_INTEGRATIONS)
        throw invalidInput('LIMIT_REACHED', `A tenant has at most ${MAX_INTEGRATIONS} integrations.`, []);
      const created = await store.insertIntegration(tx, viewer.tenantId, wanted);
      await this.#seal(tx, viewer, { id: created.id, credential, secrets });
      await recordChange(tx, by, {
        type: 'integration.created',
        integration: created,
        changes: {
          kind,
          name,
          baseUrl,
          ...(created.requestsPerMinute !== null && { requestsPerMinute: created.requestsPerMinute }),
        },
        toData: (integration) => ({ integration }),
      });
      return created;
    });
  }

  async update(request: ServiceRequest, input: UpdateIntegration): Promise<Integration> {
    const viewer = requirePermission(request.viewer, 'integration:manage');
    const by = { viewer, requestId: request.requestId, clock: this.#options.clock };
    const parsed = parseInput(updateSchema, input);
    const secrets = await this.#options.secretBox.unlock(viewer.tenantId);
    return this.#change(viewer, parsed.id, async (tx, current) => {
      const name = parsed.name ?? current.name;
      const baseUrl =
        parsed.baseUrl == null
          ? current.baseUrl
          : toBaseUrl(current.kind, parsed.baseUrl, this.#options.findUrlProblem);
      const credential = parsed.credential == null ? null : parseCredential(current.kind, parsed.credential);
      // Else whoever may change the address could have the credential sent to a server of theirs and read it there.
      if (baseUrl !== current.baseUrl && credential === null)
        throw invalidInput(
          'REQUIRED',
          'A stored credential is never sent to another address: enter it again.',
          ['credential'],
        );
      if (name !== current.name)
        await this.#requireFreeName(tx, viewer, { kind: current.kind, name, exceptId: current.id });
      // Null takes the limit away; what is left out stays.
      const requestsPerMinute =
        parsed.requestsPerMinute === undefined ? current.requestsPerMinute : parsed.requestsPerMinute;
      const isSame =
        name === current.name &&
        baseUrl === current.baseUrl &&
        requestsPerMinute === current.requestsPerMinute;
      if (isSame && credential === null) return current;
      const connection = credential === null ? current : asUntested(current, credential);
      const updated = await store.updateIntegration(tx, viewer.tenantId, {
        ...connection,
        name,
        baseUrl,
        requestsPerMinute,
        updatedAt: this.#options.clock.now(),
      });
      if (credential !== null) await this.#seal(tx, viewer, { id: updated.id, credential, secrets });
      if (baseUrl !== current.baseUrl)
        await forgetSynced(tx, { tenantId: viewer.tenantId, integrationId: updated.id });
      const changes = {
        ...(name !== current.name && { name, formerName: current.name }),
        ...(baseUrl !== current.baseUrl && { baseUrl, formerBaseUrl: current.baseUrl }),
        ...(requestsPerMinute !== current.requestsPerMinute && { requestsPerMinute }),
        ...(credential !== null && { credentialReplaced: true }),
      };
      await recordChange(tx, by, {
        type: 'integration.updated',
        integration: updated,
        changes,
        toData: (integration) => ({ integration, changedFields: fieldsOf(current, updated, credential) }),
      });
      await this.#recordUntested(tx, viewer, { current, updated });
      return updated;
    });
  }

  async rotateCredential(
    request: ServiceRequest,
    input: { readonly id: string; readonly credential: unknown },
  ): Promise<Integration> {
    const viewer = requirePermission(request.viewer, 'integration:manage');
    const by = { viewer, requestId: request.requestId, clock: this.#options.clock };
    const secrets = await this.#options.secretBox.unlock(viewer.tenantId);
    return this.#change(viewer, input.id, async (tx, current) => {
      const credential = parseCredential(current.kind, input.credential);
      const updated = await store.updateIntegration(tx, viewer.tenantId, {
        ...asUntested(current, credential),
        updatedAt: this.#options.clock.now(),
      });
      await this.#seal(tx, viewer, { id: updated.id, credential, secrets });
      await recordChange(tx, by, {
        type: 'integration.credential_rotated',
        integration: updated,
        changes: {},
        toData: (integration) => ({ integration }),
      });
      await this.#recordUntested(tx, viewer, { current, updated });
      return updated;
    });
  }

  async delete(request: ServiceRequest, id: string): Promise<Integration> {
    const viewer = requirePermission(request.viewer, 'integration:manage');
    const by = { viewer, requestId: request.requestId, clock: this.#options.clock };
    await forAMoment(this.#options.beforeDelete(request, id));
    return this.#change(viewer, id, async (tx, current) => {
      await store.deleteIntegration(tx, viewer.tenantId, current.id);
      const { kind, name, baseUrl } = current;
      await recordChange(tx, by, {
        type: 'integration.deleted',
        integration: current,
        changes: { kind, name, baseUrl },
        toData: (integration) => ({ integration }),
      });
      return current;
    });
  }

  /** Nothing where the status stays: an update of the name, or of what was not tested before. */
  async #recordUntested(
    tx: Tx,
    { tenantId }: TenantViewer,
    { current, updated }: { readonly current: Integration; readonly updated: Integration },
  ): Promise<void> {
    await recordStatusChange(tx, {
      tenantId,
      integrationId: updated.id,
      from: current.status,
      to: updated.status,
      reason: 'Another credential was entered.',
      at: updated.updatedAt,
    });
  }

  /** @throws FlowgridError `NOT_FOUND` for an id that the tenant does not have, whatever its form. */
  async #change(
    viewer: TenantViewer,
    id: string,
    work: (tx: Tx, current: Integration) => Promise<Integration>,
  ): Promise<Integration> {
    if (!isId(id)) throw notFound('Integration');
    return this.#inTenant(viewer, async (tx) => {
      const current = await store.findIntegrationForUpdate(tx, viewer.tenantId, id);
      if (!current) throw notFound('Integration');
      return work(tx, current);
    });
  }

  async #inTenant<Result>(viewer: TenantViewer, work: (tx: Tx) => Promise<Result>): Promise<Result> {
    const { database } = this.#options;
    try {
      return await database.inTenant(viewer.tenantId, work);
    } catch (error) {
      if (!store.isUniqueViolation(error)) throw error;
      // Two callers wanted the same id or name at the same moment. Now the other one's row is seen by the checks.
      return await database.inTenant(viewer.tenantId, work);
    }
  }

  async #requireFreeName(
    tx: Tx,
    viewer: TenantViewer,
    wanted: { readonly kind: IntegrationKind; readonly name: string; readonly exceptId: string },
  ): Promise<void> {
    if (await store.isNameTaken(tx, viewer.tenantId, wanted)) throw nameTaken();
  }

  async #seal(
    tx: Tx,
    { tenantId }: TenantViewer,
    {
      id,
      credential,
      secrets,
    }: { readonly id: string; readonly credential: Credential; readonly secrets: TenantSecrets },
  ): Promise<void> {
    const fields = sealCredential(secrets, id, credential);
    const sealedAt = this.#options.clock.now();
    await store.replaceCredential(tx, { tenantId, integrationId: id }, { fields, sealedAt });
  }
}

/** As far as it goes within the time: a system that hangs keeps nobody from deleting its integration. */
async function forAMoment(work: Promise<void>): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race([work, delay(BEFORE_DELETE_MS, undefined, { signal: over.signal })]);
  } finally {
    over.abort();
  }
}

function nameTaken(): Error {
  return invalidInput('TAKEN', 'Another integration of this kind has this name.', ['name']);
}

/** Of a credential only that it was replaced. */
function fieldsOf(
  before: Integration,
  after: Integration,
  credential: Credential | null,
): ('name' | 'baseUrl' | 'requestsPerMinute' | 'credential')[] {
  const recorded = (['name', 'baseUrl', 'requestsPerMinute'] as const).filter(
    (field) => before[field] !== after[field],
  );
  return credential === null ? recorded : [...recorded, 'credential'];
}

/** The integration with another credential: what was known of the former one is gone. */
function asUntested(current: Integration, credential: Credential): Integration {
  return {
    ...current,
    credentialHint: hintOf(credential),
    status: 'UNTESTED',
    lastError: null,
    checkedCapabilities: null,
    connectionRevision: current.connectionRevision + 1,
  };
}

/** The credential is not compared: the answer would tell whether a guess is right. */
function asRepeated(
  existing: Integration,
  wanted: Pick<Integration, 'kind' | 'name' | 'baseUrl'>,
): Integration {
  const isSame =
    existing.kind === wanted.kind && existing.name === wanted.name && existing.baseUrl === wanted.baseUrl;
  if (isSame) return existing;
  throw new FlowgridError('CONFLICT', 'Another integration of this tenant has this id.');
}
