/** Where a row is, as the functions say that are asked before a tenant is known. */
import { z } from 'zod';

export interface Place {
  readonly tenantId: string;
  readonly id: string;
}

const placesModel = z.array(z.object({ tenant_id: z.uuid(), id: z.uuid() }));

export function toPlaces(rows: unknown): readonly Place[] {
  return placesModel.parse(rows).map(({ tenant_id: tenantId, id }) => ({ tenantId, id }));
}
