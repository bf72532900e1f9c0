/** What every subgraph records of a change, in the transaction of the change. */
import { newId, type Clock } from '@flowgrid/platform';
import type { TenantViewer } from './viewer.ts';

/** A row of a subgraph's insert-only `audit_event` table. */
export interface AuditRecord {
  readonly tenantId: string;
  readonly id: string;
  readonly at: Date;
  readonly actorKind: string;
  readonly actorId: string;
  readonly actorName: string;
  readonly actorUserId: string | null;
  /** `<resource>.<past participle>`: `agent.updated`. */
  readonly action: string;
  readonly resourceType: string;
  readonly resourceId: string;
  /** What changed, without secrets. */
  readonly changes: Readonly<Record<string, string | number | boolean | null>>;
  readonly requestId: string | null;
}

/** Makes the audit row of a change by a viewer. */
export function auditRecord(
  by: {
    readonly viewer: Pick<TenantViewer, 'tenantId' | 'actor'>;
    readonly requestId: string | null;
    readonly clock: Clock;
  },
  event: Pick<AuditRecord, 'action' | 'resourceType' | 'resourceId'> & Partial<Pick<AuditRecord, 'changes'>>,
): AuditRecord {
  const { actor, tenantId } = by.viewer;
  return {
    tenantId,
    id: newId(),
    at: by.clock.now(),
    actorKind: actor.kind,
    actorId: actor.id,
    actorName: actor.name,
    actorUserId: actor.userId,
    changes: {},
    ...event,
    requestId: by.requestId,
  };
}
