/** Imported models in the database: the model as exchange file, and its elements in a form that can be searched. */
import type { Page } from '@flowgrid/platform';
import { z } from 'zod';
import type { Tx } from '../../../database.ts';
import type { Prisma } from '../../../generated/prisma/client.ts';
import { toJson } from '../../../json.ts';
import { ARCHIMATE_FORMATS } from '../read-archimate.ts';
import { findingSchema } from '../thread/tasks.ts';
import type { ListedElement } from '../thread/tasks.ts';
import type { ArchimateImport, ArchimateLink, LinkKey, NewImport } from './archimate-import.ts';

const PUBLIC_COLUMNS = {
  id: true,
  name: true,
  format: true,
  formatVersion: true,
  tool: true,
  elementCount: true,
  relationshipCount: true,
  viewCount: true,
  findings: true,
  findingCount: true,
  createdByUserId: true,
  createdAt: true,
} as const;

const storedSchema = z.object({ format: z.enum(ARCHIMATE_FORMATS), findings: z.array(findingSchema) });

type Row = Prisma.ArchimateModelGetPayload<{ select: typeof PUBLIC_COLUMNS }>;

function toImport(row: Row): ArchimateImport {
  return { ...row, ...storedSchema.parse({ format: row.format, findings: row.findings }) };
}

/** So many rows in one statement. */
const CHUNK_SIZE = 2_000;

export async function insertImport(tx: Tx, model: NewImport): Promise<void> {
  const { elements, exchange, findings, ...columns } = model;
  await tx.archimateModel.create({
    data: { ...columns, exchange: Uint8Array.from(exchange), findings: toJson([...findings]) },
  });
  const rows = elements.map(({ id, ...element }, position) => ({
    tenantId: model.tenantId,
    modelId: model.id,
    elementId: id,
    position,
    ...element,
  }));
  for (let start = 0; start < rows.length; start += CHUNK_SIZE) {
    await tx.archimateElement.createMany({ data: rows.slice(start, start + CHUNK_SIZE) });
  }
}

export function countImports(tx: Tx, tenantId: string): Promise<number> {
  return tx.archimateModel.count({ where: { tenantId } });
}

export async function findImports(
  tx: Tx,
  tenantId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ArchimateImport>> {
  const rows = await tx.archimateModel.findMany({
    where: { tenantId, id: { in: [...ids] } },
    select: PUBLIC_COLUMNS,
  });
  return new Map(rows.map((row) => [row.id, toImport(row)]));
}

/** Holds its row, so that events of one import have the order of its changes. */
export async function lockImport(tx: Tx, tenantId: string, id: string): Promise<ArchimateImport | null> {
  await tx.$queryRaw`SELECT 1 FROM archimate_model WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid FOR UPDATE`;
  return (await findImports(tx, tenantId, [id])).get(id) ?? null;
}

export async function listImports(
  tx: Tx,
  tenantId: string,
  page: Page<{ readonly createdAt: string; readonly id: string }>,
): Promise<readonly ArchimateImport[]> {
  const { first, after } = page;
  const rows = await tx.archimateModel.findMany({
    where: {
      tenantId,
      ...(after !== null && {
        OR: [
          { createdAt: { lt: new Date(after.createdAt) } },
          { createdAt: new Date(after.createdAt), id: { lt: after.id } },
        ],
      }),
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: first + 1,
    select: PUBLIC_COLUMNS,
  });
  return rows.map(toImport);
}

export async function deleteImport(tx: Tx, tenantId: string, id: string): Promise<void> {
  await tx.archimateModel.delete({ where: { tenantId_id: { tenantId, id } }, select: { id: true } });
}

export async function findExchange(tx: Tx, tenantId: string, id: string): Promise<Uint8Array | null> {
  const row = await tx.archimateModel.findUnique({
    where: { tenantId_id: { tenantId, id } },
    select: { exchange: true },
  });
  return row?.exchange ?? null;
}

export interface ElementFilter {
  readonly tenantId: string;
  readonly modelId: string;
  readonly search: string | null;
  readonly type: string | null;
}

export type PlacedElement = ListedElement & { readonly position: number };

export async function listElements(
  tx: Tx,
  { tenantId, modelId, search, type }: ElementFilter,
  page: Page<{ readonly position: number }>,
): Promise<readonly PlacedElement[]> {
  const rows = await tx.archimateElement.findMany({
    where: {
      tenantId,
      modelId,
      ...(type !== null && { type }),
      ...(search !== null && { name: { contains: escapeWildcards(search), mode: 'insensitive' } }),
      ...(page.after !== null && { position: { gt: page.after.position } }),
    },
    orderBy: { position: 'asc' },
    take: page.first + 1,
    select: { elementId: true, position: true, type: true, name: true, documentation: true },
  });
  return rows.map(({ elementId, ...element }) => ({ id: elementId, ...element }));
}

/** Prisma hands the text to ILIKE as it is. */
function escapeWildcards(text: string): string {
  return text.replace(/[\\%_]/g, String.raw`\$&`);
}

export async function hasElement(
  tx: Tx,
  { tenantId, modelId, elementId }: Omit<LinkKey, 'agentId'>,
): Promise<boolean> {
  const row = await tx.archimateElement.findUnique({
    where: { tenantId_modelId_elementId: { tenantId, modelId, elementId } },
    select: { position: true },
  });
  return row !== null;
}

/** Links of several models or of several agents, in the order in which they were made. */
export async function listLinks(
  tx: Tx,
  tenantId: string,
  where: { readonly modelId: { in: string[] } } | { readonly agentId: { in: string[] } },
): Promise<readonly ArchimateLink[]> {
  const rows = await tx.archimateLink.findMany({
    where: { tenantId, ...where },
    orderBy: [{ linkedAt: 'asc' }, { elementId: 'asc' }, { agentId: 'asc' }],
    select: {
      modelId: true,
      agentId: true,
      linkedAt: true,
      element: { select: { elementId: true, type: true, name: true, documentation: true } },
    },
  });
  return rows.map(({ modelId, element: { elementId, ...element }, ...link }) => ({
    ...link,
    importId: modelId,
    element: { id: elementId, ...element },
  }));
}

/** False when the link was there already. */
export async function insertLink(tx: Tx, link: LinkKey, linkedAt: Date): Promise<boolean> {
  const { count } = await tx.archimateLink.createMany({
    data: [{ ...link, linkedAt }],
    skipDuplicates: true,
  });
  return count === 1;
}

/** False when there was no such link. */
export async function deleteLink(tx: Tx, link: LinkKey): Promise<boolean> {
  const { count } = await tx.archimateLink.deleteMany({ where: link });
  return count === 1;
}
