import type { z } from 'zod';
import { currentTraceparent } from '@flowgrid/platform';
import type { Envelope } from '../envelope.ts';
import { EVENT_CATALOGUE, type EventData, type EventType } from './catalogue.ts';
import type { EventDefinition } from './define-event.ts';

/** Who changed what and when: the audit row of the change, as `auditRecord` of packages/access makes it. */
export interface RecordedChange {
  readonly tenantId: string;
  /** Becomes the id of the event: event and audit row are one change. */
  readonly id: string;
  readonly at: Date;
  readonly actorKind: string;
  readonly actorId: string;
  readonly actorName: string;
  readonly actorUserId: string | null;
  /** Becomes the subject of the event, by which events are kept in order. */
  readonly resourceId: string;
  readonly requestId: string | null;
}

/** An event that is not written yet. */
export interface TypedEnvelope<Type extends EventType = EventType> extends Envelope {
  readonly type: Type;
  readonly data: EventData<Type>;
}

export interface EventContent<Type extends EventType> {
  /**
   * The audit row of the change: `const audit = auditRecord(by, …)` goes to `auditEvent.create({ data: audit })` and here.
   * A change without an audit row of its own gives one made in the same way.
   */
  readonly change: RecordedChange;
  readonly data: EventData<Type>;
  /** W3C Trace Context of the change; that of the current request if not given. */
  readonly traceparent?: string | undefined;
}

/**
 * Makes the event of a change.
 * @throws ZodError when the data is not as the catalogue says: consumers would refuse it.
 */
export function toEnvelope<Type extends EventType>(
  type: Type,
  { change, data, traceparent = currentTraceparent() }: EventContent<Type>,
): TypedEnvelope<Type> {
  const definition: EventDefinition = EVENT_CATALOGUE[type];
  // What the schema does not name is left out, so that no field travels that the catalogue does not tell of.
  const checked = parseData<Type>(definition.data, data);
  return {
    specversion: '1.0',
    id: change.id,
    source: definition.source,
    type,
    schemaversion: definition.version,
    subject: change.resourceId,
    time: change.at.toISOString(),
    datacontenttype: 'application/json',
    tenantid: change.tenantId,
    actorkind: change.actorKind,
    actorid: change.actorId,
    actorname: change.actorName,
    ...(change.actorUserId !== null && { actoruserid: change.actorUserId }),
    ...(change.requestId !== null && { requestid: change.requestId }),
    ...(traceparent !== undefined && { traceparent }),
    data: checked,
  };
}

/** The schema of a type gives the data of that type, which the compiler cannot follow through the lookup. */
export function parseData<Type extends EventType>(schema: z.ZodType, data: unknown): EventData<Type> {
  return schema.parse(data) as EventData<Type>;
}
