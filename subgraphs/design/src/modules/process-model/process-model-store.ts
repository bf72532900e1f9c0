/** Rows of process models: every revision of what was understood in a session. */
import { z } from 'zod';
import type { Tx } from '../../database.ts';
import { toJson } from '../../json.ts';
import type { ProcessModel } from './process-model.ts';
import { parseStoredModel } from './stored-model.ts';

export type ModelOrigin = 'ANALYSIS' | 'EDIT';

const originSchema = z.enum(['ANALYSIS', 'EDIT']);

/** A revision in a session's history; the model itself is read when it is asked for. */
export interface ProcessModelRevision {
  readonly sessionId: string;
  readonly revision: number;
  readonly origin: ModelOrigin;
  readonly createdAt: Date;
}

export interface ModelToStore {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly model: ProcessModel;
  readonly origin: ModelOrigin;
  readonly createdAt: Date;
}

export async function insertProcessModel(tx: Tx, { model, ...row }: ModelToStore): Promise<void> {
  const { revision } = model;
  await tx.processModelRevision.createMany({ data: [{ ...row, revision, model: toJson(model) }] });
}

/** The newest process model of each session. */
export async function findProcessModels(
  tx: Tx,
  tenantId: string,
  sessionIds: readonly string[],
): Promise<ReadonlyMap<string, ProcessModel>> {
  const newest = await tx.processModelRevision.groupBy({
    by: ['sessionId'],
    where: { tenantId, sessionId: { in: [...sessionIds] } },
    _max: { revision: true },
  });
  const keys = newest.flatMap(({ sessionId, _max: { revision } }) =>
    revision === null ? [] : [{ sessionId, revision }],
  );
  if (keys.length === 0) return new Map();
  const rows = await tx.processModelRevision.findMany({ where: { tenantId, OR: keys } });
  return new Map(rows.map((row) => [row.sessionId, parseStoredModel(row.model)]));
}

export interface ModelKey {
  readonly sessionId: string;
  readonly revision: number;
}

/** The models that these keys name, in their order; null where there is none. */
export async function findModelRevisions(
  tx: Tx,
  tenantId: string,
  keys: readonly ModelKey[],
): Promise<readonly (ProcessModel | null)[]> {
  const wanted = keys.map(({ sessionId, revision }) => ({ sessionId, revision }));
  const rows = await tx.processModelRevision.findMany({ where: { tenantId, OR: wanted } });
  const models = new Map(rows.map((row) => [nameOf(row), parseStoredModel(row.model)]));
  return keys.map((key) => models.get(nameOf(key)) ?? null);
}

const nameOf = ({ sessionId, revision }: ModelKey): string => `${sessionId} ${revision}`;

/** The revisions of each session's process model, oldest first. */
export async function listModelRevisions(
  tx: Tx,
  tenantId: string,
  sessionIds: readonly string[],
): Promise<ReadonlyMap<string, readonly ProcessModelRevision[]>> {
  const rows = await tx.processModelRevision.findMany({
    where: { tenantId, sessionId: { in: [...sessionIds] } },
    select: { sessionId: true, revision: true, origin: true, createdAt: true },
    orderBy: { revision: 'asc' },
  });
  const revisions = rows.map((row) => ({ ...row, origin: originSchema.parse(row.origin) }));
  return Map.groupBy(revisions, ({ sessionId }) => sessionId);
}
