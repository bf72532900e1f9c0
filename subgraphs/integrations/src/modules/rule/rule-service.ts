/** Keeps the rules of tenants. */
import { z } from 'zod';
import { requirePermission, type ServiceRequest, type TenantViewer } from '@flowgrid/access';
import {
  FlowgridError,
  invalidInput,
  isId,
  newId,
  notFound,
  parseInput,
  parsePage,
  toConnection,
  type Clock,
  type Connection,
} from '@flowgrid/platform';
import type { RuleGrants } from '../../adapters/rule-grants.ts';
import type { IntegrationsDatabase, Tx } from '../../database.ts';
import { findIntegration, isUniqueViolation } from '../integration/integration-store.ts';
import type { IntegrationRule, RuleRun } from './integration-rule.ts';
import { recordChange } from './record-change.ts';
import {
  checkDefinition,
  createRuleSchema,
  updateRuleSchema,
  type CheckedDefinition,
  type CreateRule,
  type UpdateRule,
} from './rule-input.ts';
import * as store from './rule-store.ts';
import { listRuns } from './run-store.ts';

export interface RuleServiceOptions {
  readonly database: IntegrationsDatabase;
  readonly grants: RuleGrants;
  readonly clock: Clock;
}

/** `integrationRules` is a plain list; this keeps it one. */
const MAX_RULES = 100;
const cursorSchema = z.object({ createdAt: z.iso.datetime(), id: z.uuid() });

export class RuleService {
  readonly #options: RuleServiceOptions;

  constructor(options: RuleServiceOptions) {
    this.#options = options;
  }

  async list(request: ServiceRequest): Promise<readonly IntegrationRule[]> {
    const { tenantId } = requirePermission(request.viewer, 'integration:manage');
    return this.#options.database.readInTenant(tenantId, (tx) => store.listRules(tx, tenantId));
  }

  async listRuns(
    request: ServiceRequest,
    ruleId: string,
    args: { readonly first?: number | null | undefined; readonly after?: string | null | undefined },
  ): Promise<Connection<RuleRun>> {
    const { tenantId } = requirePermission(request.viewer, 'integration:manage');
    const page = parsePage(args, cursorSchema);
    const rows = await this.#options.database.readInTenant(tenantId, (tx) =>
      listRuns(tx, { tenantId, ruleId }, page),
    );
    return toConnection(rows, page, ({ createdAt, id }) => ({ createdAt: createdAt.toISOString(), id }));
  }

  async create(request: ServiceRequest, input: CreateRule): Promise<IntegrationRule> {
    const viewer = requirePermission(request.viewer, 'integration:manage');
    const { tenantId } = viewer;
    const parsed = parseInput(createRuleSchema, input);
    const definition = checkDefinition(parsed);
    const now = this.#options.clock.now();
    const rule: IntegrationRule = {
      ...definition,
      ...authorOf(viewer),
      id: parsed.id ?? newId(),
      name: parsed.name,
      isEnabled: parsed.isEnabled ?? true,
      disabledReason: null,
      createdAt: now,
      updatedAt: now,
    };
    const key = { tenantId, id: rule.id };
    const existing = await this.#options.database.readInTenant(tenantId, (tx) => store.findRule(tx, key));
    // Before a right is recorded: it would take the place of the one of whoever made the rule.
    if (existing !== null) return asRepeated(existing, rule);
    await this.#requireIntegration(tenantId, definition);
    await this.#recordGrant(viewer, rule);
    const insert = (tx: Tx): Promise<IntegrationRule> => this.#insert(tx, request, viewer, rule);
    return this.#options.database.inTenant(tenantId, insert).catch((error: unknown) => {
      if (!isUniqueViolation(error)) throw error;
      // Two callers sent the same id at the same moment. Now the other one's row is seen.
      return this.#options.database.inTenant(tenantId, insert);
    });
  }

  async #insert(
    tx: Tx,
    request: ServiceRequest,
    viewer: TenantViewer,
    rule: IntegrationRule,
  ): Promise<IntegrationRule> {
    const { tenantId } = viewer;
    const existing = await store.findRuleForUpdate(tx, { tenantId, id: rule.id });
    if (existing) return asRepeated(existing, rule);
    if ((await store.countRules(tx, tenantId)) >= MAX_RULES)
      throw invalidInput('LIMIT_REACHED', `A tenant has at most ${MAX_RULES} rules.`, []);
    await store.insertRule(tx, tenantId, rule);
    const { name, trigger, action, integrationId } = rule;
    await recordChange(
      tx,
      { viewer, requestId: request.requestId, clock: this.#options.clock },
      {
        type: 'integration_rule.created',
        rule,
        changes: { name, trigger, action, integrationId },
        toData: (snapshot) => ({ rule: snapshot }),
      },
    );
    return rule;
  }

  /** Whoever gives a definition answers for it from then on: designs are started on their behalf. */
  async update(request: ServiceRequest, input: UpdateRule): Promise<IntegrationRule> {
    const viewer = requirePermission(request.viewer, 'integration:manage');
    const { tenantId } = viewer;
    const parsed = parseInput(updateRuleSchema, input);
    if (!isId(parsed.id)) throw notFound('IntegrationRule');
    const key = { tenantId, id: parsed.id.toLowerCase() };
    const definition = parsed.definition == null ? null : checkDefinition(parsed.definition);
    const { database, clock } = this.#options;
    const known = await database.readInTenant(tenantId, (tx) => store.findRule(tx, key));
    if (known === null) throw notFound('IntegrationRule');
    if (definition !== null) {
      await this.#requireIntegration(tenantId, definition);
      await this.#recordGrant(viewer, { ...known, ...definition, name: parsed.name ?? known.name });
    }
    return database.inTenant(tenantId, async (tx) => {
      const current = await store.findRuleForUpdate(tx, key);
      if (current === null) throw notFound('IntegrationRule');
      const isEnabled = parsed.isEnabled ?? current.isEnabled;
      const updated: IntegrationRule = {
        ...current,
        ...(definition !== null && { ...definition, ...authorOf(viewer) }),
        name: parsed.name ?? current.name,
        isEnabled,
        disabledReason: isEnabled ? null : current.disabledReason,
        updatedAt: clock.now(),
      };
      if (isSame(current, updated)) return current;
      await store.updateRule(tx, tenantId, updated);
      const { name, trigger, action } = updated;
      await recordChange(
        tx,
        { viewer, requestId: request.requestId, clock },
        {
          type: 'integration_rule.updated',
          rule: updated,
          changes: { name, isEnabled, trigger, action },
          toData: (rule) => ({ rule }),
        },
      );
      return updated;
    });
  }

  async delete(request: ServiceRequest, id: string): Promise<IntegrationRule> {
    const viewer = requirePermission(request.viewer, 'integration:manage');
    const { tenantId } = viewer;
    const { database, clock, grants } = this.#options;
    if (!isId(id)) throw notFound('IntegrationRule');
    const deleted = await database.inTenant(tenantId, async (tx) => {
      const current = await store.findRuleForUpdate(tx, { tenantId, id });
      if (current === null) throw notFound('IntegrationRule');
      await store.deleteRule(tx, { tenantId, id: current.id });
      const { name, trigger, action } = current;
      await recordChange(
        tx,
        { viewer, requestId: request.requestId, clock },
        {
          type: 'integration_rule.deleted',
          rule: current,
          changes: { name, trigger, action },
          toData: (rule) => ({ rule }),
        },
      );
      return current;
    });
    // A rule that is gone asks for nothing: what cannot be revoked now can be used by nobody who has no rule.
    if (deleted.action === 'START_DESIGN')
      await grants.revoke(deleted, viewer.contextToken).catch(() => undefined);
    return deleted;
  }

  async #requireIntegration(tenantId: string, { integrationId }: CheckedDefinition): Promise<void> {
    const integration = isId(integrationId)
      ? await this.#options.database.readInTenant(tenantId, (tx) =>
          findIntegration(tx, tenantId, integrationId),
        )
      : null;
    if (integration === null) throw notFound('Integration');
  }

  /** Before the rule is there: one without its grant would start nothing. */
  async #recordGrant(viewer: TenantViewer, rule: IntegrationRule): Promise<void> {
    if (rule.action !== 'START_DESIGN') return;
    requirePermission(viewer, 'design:run');
    if (viewer.actor.kind !== 'USER')
      throw new FlowgridError(
        'FORBIDDEN',
        'Only a user can make a rule that starts designs: they are started on their behalf.',
      );
    await this.#options.grants.record({ id: rule.id, name: rule.name }, viewer.contextToken);
  }
}

function authorOf({ actor }: TenantViewer): Pick<IntegrationRule, 'authorUserId' | 'authorName'> {
  return { authorUserId: actor.userId, authorName: actor.name };
}

function isSame(left: IntegrationRule, right: IntegrationRule): boolean {
  const plain = (rule: IntegrationRule): string =>
    JSON.stringify(Object.entries({ ...rule, updatedAt: null }).toSorted(([a], [b]) => a.localeCompare(b)));
  return plain(left) === plain(right);
}

function asRepeated(existing: IntegrationRule, wanted: IntegrationRule): IntegrationRule {
  if (
    existing.name === wanted.name &&
    existing.trigger === wanted.trigger &&
    existing.action === wanted.action
  )
    return existing;
  throw new FlowgridError('CONFLICT', 'Another rule of this tenant has this id.');
}
