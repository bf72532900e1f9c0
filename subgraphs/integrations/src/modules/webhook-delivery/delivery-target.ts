/** What the work on an endpoint has to know of it: read once for each claim, in one statement. */
import { z } from 'zod';
import type { Tx } from '../../database.ts';
import type { EndpointKey } from './queue-store.ts';

const targetSchema = z.object({
  url: z.string(),
  isOrdered: z.boolean(),
  isEnabled: z.boolean(),
  /** It has failed since its last success. */
  hasFailed: z.boolean(),
  /** Sealed; the newest first. */
  secrets: z.array(z.object({ id: z.uuid(), envelope: z.unknown() })),
});

export type DeliveryTarget = Readonly<z.infer<typeof targetSchema>>;

/** Null when it was deleted. */
export async function findTarget(
  tx: Tx,
  { tenantId, endpointId }: EndpointKey,
  now: Date,
): Promise<DeliveryTarget | null> {
  const rows = await tx.$queryRaw`
    SELECT endpoint.url, endpoint.ordering = 'RESOURCE' AS "isOrdered", endpoint.status = 'ENABLED' AS "isEnabled",
           coalesce(queue.failures, 0) > 0 AS "hasFailed", live.secrets
    FROM webhook_endpoint AS endpoint
    LEFT JOIN webhook_queue AS queue ON queue.tenant_id = endpoint.tenant_id AND queue.endpoint_id = endpoint.id
    CROSS JOIN LATERAL (
      SELECT coalesce(json_agg(json_build_object('id', secret.id, 'envelope', secret.envelope)
                               ORDER BY secret.created_at DESC, secret.id DESC), '[]') AS secrets
      FROM webhook_secret AS secret
      WHERE secret.tenant_id = endpoint.tenant_id AND secret.endpoint_id = endpoint.id
        AND (secret.expires_at IS NULL OR secret.expires_at > ${now}::timestamptz)
    ) AS live
    WHERE endpoint.tenant_id = ${tenantId}::uuid AND endpoint.id = ${endpointId}::uuid AND endpoint.deleted_at IS NULL`;
  const [target = null] = z.array(targetSchema).parse(rows);
  return target;
}
