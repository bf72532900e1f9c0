/** What sessions were given beside their description, in the database. */
import { z } from 'zod';
import { InvalidInput, invalidInput } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import type { ProcessModel } from '../process-model/process-model.ts';
import { parseStoredModel } from '../process-model/stored-model.ts';
import type { DesignContext, ItemReference } from './design-context.ts';
import { findTooLong } from './source-text.ts';

export interface ContextToStore {
  readonly tenantId: string;
  readonly sessionId: string;
  /** Counts towards the length of everything together. */
  readonly description: string;
  readonly context: DesignContext;
}

/**
 * Writes what a new session was given. Files must be there; items and agents are looked up when the design runs.
 * @throws InvalidInput whose paths begin with `context`.
 */
export async function storeContext(tx: Tx, given: ContextToStore): Promise<void> {
  const { tenantId, sessionId, context } = given;
  await requireFiles(tx, given);
  const items = new Map(context.items.map((item) => [`${item.integrationId} ${item.key}`, item]));
  const sources = [
    ...[...new Set(context.fileIds)].map((uploadId) => ({ kind: 'FILE', uploadId })),
    ...[...items.values()].map(({ integrationId, key }) => ({ kind: 'ITEM', integrationId, itemKey: key })),
    ...[...new Set(context.agentIds)].map((agentId) => ({ kind: 'AGENT', agentId })),
  ];
  if (sources.length === 0) return;
  await tx.sessionSource.createMany({
    data: sources.map((source, index) => ({ tenantId, sessionId, position: index + 1, ...source })),
  });
}

async function requireFiles(tx: Tx, { tenantId, description, context }: ContextToStore): Promise<void> {
  const { fileIds } = context;
  if (fileIds.length === 0) return;
  const files = await tx.upload.findMany({
    where: { tenantId, id: { in: [...fileIds] } },
    select: { id: true, name: true, kind: true, characters: true },
  });
  const found = new Map(files.map((file) => [file.id, file]));
  const problems = fileIds.flatMap((id, index) => {
    const path = ['context', 'fileIds', String(index)];
    const file = found.get(id);
    if (file === undefined) return [{ code: 'NOT_FOUND', message: 'There is no file with this id.', path }];
    if (file.kind !== 'ARCHIMATE') return [];
    const message = 'This is an ArchiMate model, which describes no process. Import it by importArchimate.';
    return [{ code: 'INVALID', message, path }];
  });
  if (problems.length > 0) throw new InvalidInput(problems);
  const parts = [
    { name: 'the description', length: description.length },
    ...files.map(({ name, characters }) => ({ name: `"${name}"`, length: characters })),
  ];
  const problem = findTooLong(parts);
  if (problem !== null) throw invalidInput('TOO_LONG', problem, ['context', 'fileIds']);
}

/** A file that a session was given. */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
  readonly model: ProcessModel | null;
}

/** An agent that a session was given. */
export interface SourceAgent {
  readonly id: string;
  readonly name: string;
  readonly description: string;
}

export interface StoredContext {
  readonly files: readonly SourceFile[];
  readonly items: readonly ItemReference[];
  readonly agentIds: readonly string[];
}

const itemRow = z.object({ integrationId: z.string(), itemKey: z.string() });

/** What a session was given, in the order in which it was named. */
export async function readContext(tx: Tx, tenantId: string, sessionId: string): Promise<StoredContext> {
  const rows = await tx.sessionSource.findMany({
    where: { tenantId, sessionId },
    orderBy: { position: 'asc' },
    select: {
      integrationId: true,
      itemKey: true,
      agentId: true,
      upload: { select: { name: true, text: true, model: true } },
    },
  });
  return {
    files: rows.flatMap(({ upload }) => {
      if (upload === null || upload.text === null) return [];
      const { name, text, model } = upload;
      return [{ name, text, model: model === null ? null : parseStoredModel(model) }];
    }),
    items: rows.flatMap((row) => {
      const item = itemRow.safeParse(row);
      return item.success ? [{ integrationId: item.data.integrationId, key: item.data.itemKey }] : [];
    }),
    agentIds: rows.flatMap(({ agentId }) => (agentId === null ? [] : [agentId])),
  };
}

/** The agents among these that can be worked with: neither archived nor deleted. */
export async function findSourceAgents(
  tx: Tx,
  tenantId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, SourceAgent>> {
  const rows = await tx.knownAgent.findMany({
    where: { tenantId, id: { in: [...ids] }, status: { in: ['DRAFT', 'PUBLISHED'] } },
    select: { id: true, name: true, description: true },
  });
  return new Map(rows.map((row) => [row.id, row]));
}
