/** The audit row of a change of a hook and its event: written together, so that neither is without the other. */
import { auditRecord, type Actor, type AuditRecord } from '@flowgrid/access';
import { toEnvelope, writeEvents, type EventData, type EventType } from '@flowgrid/messaging';
import type { Clock } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import type { InboundHook } from './inbound-hook.ts';

/** What a change of a hook is called, in the audit and as an event. */
export type HookEventType = Extract<EventType, `inbound_hook.${string}`>;

type HookSnapshot = EventData<'inbound_hook.created'>['hook'];

export interface RecordedHookChange<Type extends HookEventType> {
  readonly type: Type;
  /** As it is after the change; as it was before its removal. */
  readonly hook: InboundHook;
  /** For the audit. */
  readonly changes: AuditRecord['changes'];
  readonly toData: (hook: HookSnapshot) => EventData<Type>;
}

export interface ChangeBy {
  readonly viewer: { readonly tenantId: string; readonly actor: Actor };
  readonly requestId: string | null;
  readonly clock: Clock;
}

/** The hook's row was written or locked before, so that its events have the order of its changes. */
export async function recordChange<Type extends HookEventType>(
  tx: Tx,
  by: ChangeBy,
  { type, hook, changes, toData }: RecordedHookChange<Type>,
): Promise<void> {
  const resourceId = hook.id;
  const change = auditRecord(by, { action: type, resourceType: 'inbound_hook', resourceId, changes });
  await tx.auditEvent.create({ data: change });
  await writeEvents(tx, [toEnvelope(type, { change, data: toData(toSnapshot(hook)) })]);
}

/** Field by field: neither address nor secret is for whoever receives events. */
function toSnapshot(hook: InboundHook): HookSnapshot {
  return {
    id: hook.id,
    integrationId: hook.integrationId,
    kind: hook.kind,
    verification: hook.verification,
    name: hook.name,
    isEnabled: hook.isEnabled,
    createdAt: hook.createdAt.toISOString(),
    updatedAt: hook.updatedAt.toISOString(),
  };
}
