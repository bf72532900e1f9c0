/** Uploads in the database: a row per file, its bytes kept once per tenant and content. */
import { isId } from '@flowgrid/platform';
import { z } from 'zod';
import type { Tx } from '../../database.ts';
import type { Prisma } from '../../generated/prisma/client.ts';
import { toJson } from '../../json.ts';
import { UPLOAD_KINDS, type Upload, type UploadFile } from './upload.ts';

const kindSchema = z.enum(UPLOAD_KINDS);

/** The file with its bytes; null for an id that the tenant does not have. */
export async function findUpload(tx: Tx, tenantId: string, id: string): Promise<UploadFile | null> {
  if (!isId(id)) return null;
  const row = await tx.upload.findFirst({
    where: { tenantId, id },
    select: {
      id: true,
      name: true,
      kind: true,
      mediaType: true,
      sha256: true,
      bytes: { select: { content: true } },
    },
  });
  if (row === null) return null;
  const { bytes, kind, ...file } = row;
  return { ...file, kind: kindSchema.parse(kind), content: bytes.content };
}

export interface UploadToStore {
  readonly tenantId: string;
  readonly upload: Upload;
  readonly content: Uint8Array;
  readonly createdByUserId: string | null;
  readonly now: Date;
}

/** Writes a file; bytes that the tenant has already are not written again. */
export async function storeUpload(tx: Tx, input: UploadToStore): Promise<void> {
  const { tenantId, content, now, createdByUserId } = input;
  const { id, name, mediaType, size, sha256, kind, text, model, warnings } = input.upload;
  // Touching the bytes keeps them from a purge that is under way.
  await tx.$executeRaw`
    INSERT INTO upload_content AS bytes (tenant_id, sha256, content, last_used_at)
    VALUES (${tenantId}::uuid, ${sha256}, ${Buffer.from(content)}, ${now.toISOString()}::timestamptz)
    ON CONFLICT (tenant_id, sha256) DO UPDATE SET last_used_at = excluded.last_used_at`;
  await tx.upload.createMany({
    data: [
      {
        tenantId,
        id,
        name,
        mediaType,
        size,
        sha256,
        kind,
        text,
        characters: text?.length ?? 0,
        ...(model !== null && { model: toJson(model) }),
        warnings: [...warnings],
        createdByUserId,
        createdAt: now,
      },
    ],
  });
}

export interface UploadUsage {
  readonly count: number;
  readonly bytes: number;
}

/** Locks the tenant's uploads against each other, and says how many files it has. */
export async function measureUploads(
  tx: Tx,
  tenantId: string,
): Promise<{ readonly unused: UploadUsage; readonly all: UploadUsage }> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('upload ' || ${tenantId}, 0))`;
  const all = await sumUp(tx, { tenantId });
  const unused = await sumUp(tx, { tenantId, sources: { none: {} } });
  return { all, unused };
}

async function sumUp(tx: Tx, where: Prisma.UploadWhereInput): Promise<UploadUsage> {
  const { _count, _sum } = await tx.upload.aggregate({ where, _count: true, _sum: { size: true } });
  return { count: _count, bytes: _sum.size ?? 0 };
}
