/** Artifacts in the database: a row per file, its bytes kept once per content. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { invariant, newId } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import {
  ARTIFACT_KINDS,
  type Artifact,
  type ArtifactFile,
  type ArtifactKind,
  type NewArtifact,
} from './artifact.ts';

/** The table refuses more. */
export const ARTIFACT_LIMIT_BYTES = 16 * 1024 * 1024;

const kindSchema = z.enum(ARTIFACT_KINDS);

const PUBLIC_COLUMNS = {
  tenantId: true,
  id: true,
  sessionId: true,
  revision: true,
  name: true,
  mediaType: true,
  size: true,
  sha256: true,
} as const;

export interface ArtifactsToStore {
  readonly tenantId: string;
  readonly session: { readonly id: string; readonly revision: number };
  readonly artifacts: readonly NewArtifact[];
  readonly now: Date;
}

/** Stores the files of a design revision; a file takes the place of an earlier one of its kind. Those of other revisions stay. */
export async function storeArtifacts(tx: Tx, input: ArtifactsToStore): Promise<void> {
  const { tenantId, session, now } = input;
  const key = { tenantId, sessionId: session.id, revision: session.revision };
  for (const { kind, name, mediaType, content } of input.artifacts) {
    invariant(content.byteLength <= ARTIFACT_LIMIT_BYTES, 'an artifact is small enough to be stored');
    const sha256 = createHash('sha256').update(content).digest('hex');
    await tx.artifactContent.createMany({
      data: [{ tenantId, sha256, content: Uint8Array.from(content) }],
      skipDuplicates: true,
    });
    await tx.designArtifact.deleteMany({ where: { ...key, kind } });
    const file = { name, mediaType, size: content.byteLength, sha256, createdAt: now };
    await tx.designArtifact.createMany({ data: [{ ...key, id: newId(), kind, ...file }] });
  }
}

/** The files of all revisions of each session, without their bytes: oldest first. */
export async function listArtifacts(
  tx: Tx,
  tenantId: string,
  sessionIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Artifact[]>> {
  const rows = await tx.designArtifact.findMany({
    where: { tenantId, sessionId: { in: [...sessionIds] } },
    orderBy: [{ revision: 'asc' }, { createdAt: 'asc' }, { kind: 'asc' }],
    select: { ...PUBLIC_COLUMNS, kind: true },
  });
  const artifacts = rows.map(({ kind, ...row }) => ({ ...row, kind: kindSchema.parse(kind) }));
  return Map.groupBy(artifacts, ({ sessionId }) => sessionId);
}

/** Of each kind the newest, in the order in which they are given. */
export function newestOfKinds(artifacts: readonly Artifact[]): readonly Artifact[] {
  const newest = new Map(artifacts.map((artifact) => [artifact.kind, artifact]));
  return artifacts.filter((artifact) => newest.get(artifact.kind) === artifact);
}

type FileKey = { readonly id: string } | { readonly sessionId: string; readonly kind: ArtifactKind };

export async function findArtifactFile(tx: Tx, tenantId: string, key: FileKey): Promise<ArtifactFile | null> {
  const row = await tx.designArtifact.findFirst({
    where: { tenantId, ...key },
    orderBy: { revision: 'desc' },
    select: { ...PUBLIC_COLUMNS, kind: true, bytes: { select: { content: true } } },
  });
  if (row === null) return null;
  const { bytes, kind, ...artifact } = row;
  return { ...artifact, kind: kindSchema.parse(kind), content: bytes.content };
}
