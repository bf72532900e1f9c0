/** Uploads in the database: a row per file, its bytes kept once per tenant and content. */
import { isId } from '@flowgrid/platform';
import { z } from 'zod';
import type { Tx } from '../../database.ts';
import { UPLOAD_KINDS, type UploadFile } from './upload.ts';

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
