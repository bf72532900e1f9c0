/** Rows of `integration_rule`. */
import { z } from 'zod';
import type { Tx } from '../../database.ts';
import type { IntegrationRule as Row } from '../../generated/prisma/client.ts';
import {
  RULE_ACTIONS,
  RULE_TRIGGERS,
  settingsSchema,
  type IntegrationRule,
  type RuleTrigger,
} from './integration-rule.ts';

export interface RuleKey {
  readonly tenantId: string;
  readonly id: string;
}

const domains = z.object({ trigger: z.enum(RULE_TRIGGERS), action: z.enum(RULE_ACTIONS) });

function toRule(row: Row): IntegrationRule {
  const { tenantId: _tenantId, settings, ...rule } = row;
  return { ...rule, ...domains.parse(row), ...settingsSchema.parse(settings) };
}

export async function listRules(tx: Tx, tenantId: string): Promise<readonly IntegrationRule[]> {
  const rows = await tx.integrationRule.findMany({
    where: { tenantId },
    orderBy: [{ name: 'asc' }, { id: 'asc' }],
  });
  return rows.map(toRule);
}

export function countRules(tx: Tx, tenantId: string): Promise<number> {
  return tx.integrationRule.count({ where: { tenantId } });
}

export async function findRule(tx: Tx, { tenantId, id }: RuleKey): Promise<IntegrationRule | null> {
  const row = await tx.integrationRule.findFirst({ where: { tenantId, id } });
  return row && toRule(row);
}

/** Locks the row until the transaction ends. */
export async function findRuleForUpdate(tx: Tx, key: RuleKey): Promise<IntegrationRule | null> {
  await tx.$queryRaw`
    SELECT 1 FROM integration_rule WHERE tenant_id = ${key.tenantId}::uuid AND id = ${key.id}::uuid FOR UPDATE`;
  return findRule(tx, key);
}

/** In the order of their ids, in which whoever fires several locks them. */
export async function listRulesFor(
  tx: Tx,
  {
    tenantId,
    trigger,
    integrationId,
  }: {
    readonly tenantId: string;
    readonly trigger: RuleTrigger;
    readonly integrationId?: string;
  },
): Promise<readonly IntegrationRule[]> {
  const rows = await tx.integrationRule.findMany({
    where: { tenantId, trigger, isEnabled: true, ...(integrationId !== undefined && { integrationId }) },
    orderBy: { id: 'asc' },
  });
  return rows.map(toRule);
}

export async function insertRule(tx: Tx, tenantId: string, rule: IntegrationRule): Promise<void> {
  await tx.integrationRule.create({ data: { tenantId, ...toColumns(rule) } });
}

export async function updateRule(tx: Tx, tenantId: string, rule: IntegrationRule): Promise<void> {
  const { id, createdAt: _createdAt, ...data } = toColumns(rule);
  await tx.integrationRule.update({ where: { tenantId_id: { tenantId, id } }, data });
}

export async function deleteRule(tx: Tx, { tenantId, id }: RuleKey): Promise<void> {
  await tx.integrationRule.delete({ where: { tenantId_id: { tenantId, id } } });
}

function toColumns(rule: IntegrationRule) {
  const { filter, environment, engine, container, itemType, title, body, ...columns } = rule;
  return {
    ...columns,
    settings: {
      filter: {
        ...filter,
        changes: [...filter.changes],
        types: [...filter.types],
        states: [...filter.states],
        words: [...filter.words],
      },
      environment,
      engine,
      container,
      itemType,
      title,
      body,
    },
  };
}
