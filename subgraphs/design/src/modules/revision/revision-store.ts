/** Rows of design revisions. */
import { z } from 'zod';
import type { Actor } from '@flowgrid/access';
import { invariant } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import { Prisma } from '../../generated/prisma/client.ts';
import { parseStoredProposal } from '../proposal/stored-proposal.ts';
import { REVISION_KINDS, type DesignRevision, type RevisionKind } from './revision.ts';

const kindSchema = z.enum(REVISION_KINDS);
const engineSchema = z.enum(['LOCAL', 'CLAUDE', 'OPENAI']).nullable();
const actorKindSchema = z.enum(['USER', 'SERVICE_ACCOUNT', 'DESIGN_JOB', 'SYSTEM']);

export const rejectionsSchema = z.array(
  z.object({ phase: z.enum(['ANALYSIS', 'DESIGN']), subject: z.string(), reason: z.string() }),
);

type RevisionRow = Prisma.DesignRevisionGetPayload<Record<string, never>>;

function toRevision(row: RevisionRow): DesignRevision {
  return {
    sessionId: row.sessionId,
    number: row.number,
    kind: kindSchema.parse(row.kind),
    message: row.message,
    answer: row.answer,
    engine: engineSchema.parse(row.engine),
    model: row.model,
    fallback: row.fallback,
    author: {
      kind: actorKindSchema.parse(row.authorKind),
      id: row.authorId,
      name: row.authorName,
      userId: row.authorUserId,
    },
    processRevision: row.processRevision,
    baseRevision: row.baseRevision,
    proposal: row.proposal === null ? null : parseStoredProposal(row.proposal),
    rejections: rejectionsSchema.parse(row.rejections),
    createdAt: row.createdAt,
    finishedAt: row.finishedAt,
  };
}

export interface NewRevision {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly number: number;
  readonly kind: RevisionKind;
  readonly message: string | null;
  readonly author: Actor;
  /** Of the model that a person edited; null where the analysis is still to come. */
  readonly processRevision: number | null;
  readonly now: Date;
}

export async function insertRevision(tx: Tx, { author, now, ...revision }: NewRevision): Promise<void> {
  await tx.designRevision.createMany({
    data: [
      {
        ...revision,
        authorKind: author.kind,
        authorId: author.id,
        authorName: author.name,
        authorUserId: author.userId,
        createdAt: now,
      },
    ],
  });
}

/** Names a revision of a session. */
export interface RevisionKey {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly number: number;
}

export async function updateRevision(
  tx: Tx,
  key: RevisionKey,
  patch: Prisma.DesignRevisionUncheckedUpdateManyInput,
): Promise<void> {
  const updated = await tx.designRevision.updateMany({ where: { ...key }, data: patch });
  invariant(updated.count === 1, 'a session has the revision that is worked on');
}

export async function findRevision(tx: Tx, key: RevisionKey): Promise<DesignRevision | null> {
  const row = await tx.designRevision.findUnique({ where: { tenantId_sessionId_number: { ...key } } });
  return row && toRevision(row);
}

/** The newest revision before this one that has a proposal. */
export async function findProposalBefore(tx: Tx, key: RevisionKey): Promise<DesignRevision | null> {
  const { tenantId, sessionId, number } = key;
  const row = await tx.designRevision.findFirst({
    where: { tenantId, sessionId, number: { lt: number }, ...HAS_PROPOSAL },
    orderBy: { number: 'desc' },
  });
  return row && toRevision(row);
}

const HAS_PROPOSAL = { proposal: { not: Prisma.DbNull } } as const;

/** The newest revision of each session; `hasProposal`: the newest of those that have one. */
export async function findNewestRevisions(
  tx: Tx,
  tenantId: string,
  { sessionIds, hasProposal }: { readonly sessionIds: readonly string[]; readonly hasProposal: boolean },
): Promise<ReadonlyMap<string, DesignRevision>> {
  const newest = await tx.designRevision.groupBy({
    by: ['sessionId'],
    where: { tenantId, sessionId: { in: [...sessionIds] }, ...(hasProposal && HAS_PROPOSAL) },
    _max: { number: true },
  });
  const keys = newest.flatMap(({ sessionId, _max: { number } }) =>
    number === null ? [] : [{ sessionId, number }],
  );
  if (keys.length === 0) return new Map();
  const rows = await tx.designRevision.findMany({ where: { tenantId, OR: keys } });
  return new Map(rows.map((row) => [row.sessionId, toRevision(row)]));
}

/** Every revision of each session, oldest first. */
export async function listRevisions(
  tx: Tx,
  tenantId: string,
  sessionIds: readonly string[],
): Promise<ReadonlyMap<string, readonly DesignRevision[]>> {
  const rows = await tx.designRevision.findMany({
    where: { tenantId, sessionId: { in: [...sessionIds] } },
    orderBy: { number: 'asc' },
  });
  return Map.groupBy(rows.map(toRevision), ({ sessionId }) => sessionId);
}
