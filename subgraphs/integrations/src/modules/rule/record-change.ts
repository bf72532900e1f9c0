/** The audit row of a change of a rule and its event: written together, so that neither is without the other. */
import { auditRecord, type Actor, type AuditRecord } from '@flowgrid/access';
import { toEnvelope, writeEvents, type EventData, type EventType } from '@flowgrid/messaging';
import type { Clock } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import type { IntegrationRule } from './integration-rule.ts';

export type RuleEventType = Extract<EventType, `integration_rule.${string}`>;

type RuleSnapshot = EventData<'integration_rule.created'>['rule'];

export interface ChangeBy {
  readonly viewer: { readonly tenantId: string; readonly actor: Actor };
  readonly requestId: string | null;
  readonly clock: Clock;
}

/** The rule's row was written or locked before, so that its events have the order of its changes. */
export async function recordChange<Type extends RuleEventType>(
  tx: Tx,
  by: ChangeBy,
  {
    type,
    rule,
    changes,
    toData,
  }: {
    readonly type: Type;
    readonly rule: IntegrationRule;
    readonly changes: AuditRecord['changes'];
    readonly toData: (rule: RuleSnapshot) => EventData<Type>;
  },
): Promise<void> {
  const change = auditRecord(by, {
    action: type,
    resourceType: 'integration_rule',
    resourceId: rule.id,
    changes,
  });
  await tx.auditEvent.create({ data: change });
  await writeEvents(tx, [toEnvelope(type, { change, data: toData(toSnapshot(rule)) })]);
}

function toSnapshot(rule: IntegrationRule): RuleSnapshot {
  const { id, name, isEnabled, trigger, action, integrationId, agentId } = rule;
  const createdAt = rule.createdAt.toISOString();
  return {
    id,
    name,
    isEnabled,
    trigger,
    action,
    integrationId,
    agentId,
    createdAt,
    updatedAt: rule.updatedAt.toISOString(),
  };
}
