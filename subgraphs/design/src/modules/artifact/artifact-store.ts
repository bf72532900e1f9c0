/** Artifacts in the database: a row per file, its bytes kept once per content. */
import { createHash } from 'node:crypto';
import { invariant, newId } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import type { Artifact, ArtifactFile, ArtifactKind, NewArtifact } from './artifact.ts';

/** The table refuses more. */
export const ARTIFACT_LIMIT_BYTES = 16 * 1024 * 1024;

const PUBLIC_COLUMNS = {
  tenantId: true,
  id: true,
  sessionId: true,
  name: true,
  mediaType: true,
  size: true,
  sha256: true,
} as const;

export interface ArtifactsToStore {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly artifacts: readonly NewArtifact[];
  readonly now: Date;
}

/** Stores the files of a session; a file takes the place of an earlier one of its kind. */
export async function storeArtifacts(tx: Tx, input: ArtifactsToStore): Promise<void> {
  const { tenantId, sessionId, now } = input;
  for (const { kind, name, mediaType, content } of input.artifacts) {
    invariant(content.byteLength <= ARTIFACT_LIMIT_BYTES, 'an artifact is small enough to be stored');
    const sha256 = createHash('sha256').update(content).digest('hex');
    await tx.artifactContent.createMany({
      data: [{ tenantId, sha256, content: Uint8Array.from(content) }],
      skipDuplicates: true,
    });
    await tx.designArtifact.deleteMany({ where: { tenantId, sessionId, kind } });
    const file = { name, mediaType, size: content.byteLength, sha256, createdAt: now };
    await tx.designArtifact.createMany({ data: [{ tenantId, id: newId(), sessionId, kind, ...file }] });
  }
}

/** The files of each session, without their bytes. */
export async function listArtifacts(
  tx: Tx,
  tenantId: string,
  sessionIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Artifact[]>> {
  const rows = await tx.designArtifact.findMany({
    where: { tenantId, sessionId: { in: [...sessionIds] } },
    orderBy: [{ createdAt: 'asc' }, { kind: 'asc' }],
    select: PUBLIC_COLUMNS,
  });
  return Map.groupBy(rows, (row) => row.sessionId);
}

type FileKey = { readonly id: string } | { readonly sessionId: string; readonly kind: ArtifactKind };

export async function findArtifactFile(tx: Tx, tenantId: string, key: FileKey): Promise<ArtifactFile | null> {
  const row = await tx.designArtifact.findFirst({
    where: { tenantId, ...key },
    select: { ...PUBLIC_COLUMNS, bytes: { select: { content: true } } },
  });
  if (row === null) return null;
  const { bytes, ...artifact } = row;
  return { ...artifact, content: bytes.content };
}
