/** The envelope of an event: CloudEvents 1.0 in its JSON format (https://github.com/cloudevents/spec). */
import { z } from 'zod';

/**
 * What every event says beside its data. Extension attributes are lower case without separators, as the specification
 * demands. Attributes that a later release adds are kept, so that a relay of this release passes them on.
 */
export const envelopeModel = z.looseObject({
  specversion: z.literal('1.0'),
  /** UUIDv7; the id of the change's audit row too, and what an inbox knows a duplicate by. */
  id: z.uuid(),
  /** The service that made the change: `/agents`. */
  source: z.string().startsWith('/'),
  /** `<resource>.<past participle>`: `agent.published`. */
  type: z.string().min(1),
  /** Version of the data's schema; a consumer refuses one that is newer than it knows. */
  schemaversion: z.number().int().positive(),
  /** The id of what changed; events with the same tenant and subject are delivered in order. */
  subject: z.string().min(1),
  /** When the change was made. */
  time: z.iso.datetime({ offset: true }),
  datacontenttype: z.literal('application/json'),
  tenantid: z.uuid(),
  /** Who made the change: `USER`, `SERVICE_ACCOUNT`, `DESIGN_JOB` or `SYSTEM`, with the name at that time. */
  actorkind: z.string(),
  actorid: z.string(),
  actorname: z.string(),
  actoruserid: z.uuid().optional(),
  requestid: z.string().optional(),
  /** W3C Trace Context of the change (the CloudEvents extension for distributed tracing). */
  traceparent: z.string().optional(),
  data: z.unknown(),
});

export type Envelope = z.output<typeof envelopeModel>;
