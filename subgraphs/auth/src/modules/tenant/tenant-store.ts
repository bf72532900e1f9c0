import type { Tx } from '../../database.ts';
import { toPlaces } from '../../place.ts';
import type { Tenant } from './tenant.ts';

/** The slug is public; nothing but the id comes of it. */
export async function findTenantIdBySlug(client: Tx, slug: string): Promise<string | null> {
  const rows: unknown = await client.$queryRaw`SELECT tenant_id, id FROM find_tenant_by_slug(${slug})`;
  return toPlaces(rows)[0]?.id ?? null;
}

export async function findTenant(tx: Tx, id: string): Promise<Tenant | null> {
  return tx.tenant.findUnique({
    where: { id },
    select: { id: true, slug: true, name: true, createdAt: true },
  });
}
