/** Rows of `rule_run`: what a rule came to, and the queue of what it writes to other systems. */
import { z } from 'zod';
import { newId, type Page } from '@flowgrid/platform';
import type { IntegrationsDatabase, Tx } from '../../database.ts';
import { Prisma, type RuleRun as Row } from '../../generated/prisma/client.ts';
import { RUN_STATES, type RuleRun } from './integration-rule.ts';

export const draftSchema = z.object({
  container: z.string(),
  type: z.string().nullable(),
  title: z.string(),
  body: z.string(),
});
export type RunDraft = z.output<typeof draftSchema>;

/** A claimed run: what its worker must show when it writes. */
export interface ClaimedRun {
  readonly tenantId: string;
  readonly id: string;
  readonly attempt: number;
}

export interface NewRun {
  readonly tenantId: string;
  readonly ruleId: string;
  readonly eventId: string;
  readonly state: 'READY' | 'DONE';
  readonly integrationId: string | null;
  readonly itemKey: string | null;
  readonly itemTitle: string | null;
  readonly itemUrl: string | null;
  readonly sessionId: string | null;
  readonly draft: RunDraft | null;
  readonly note: string | null;
  readonly now: Date;
}

export interface RunEnd {
  readonly state: 'DONE' | 'FAILED';
  readonly note: string;
  readonly itemKey?: string;
  readonly itemUrl?: string | null;
}

const stateSchema = z.enum(RUN_STATES);
const claimSchema = z.array(z.object({ tenant_id: z.uuid(), id: z.uuid(), attempt: z.number() }));

function toRun(row: Row): RuleRun {
  const {
    id,
    ruleId,
    eventId,
    integrationId,
    itemKey,
    itemTitle,
    itemUrl,
    sessionId,
    note,
    createdAt,
    finishedAt,
  } = row;
  const state = stateSchema.parse(row.state);
  return {
    id,
    ruleId,
    eventId,
    state,
    integrationId,
    itemKey,
    itemTitle,
    itemUrl,
    sessionId,
    note,
    createdAt,
    finishedAt,
  };
}

/** False when the rule has fired for the event before. */
export async function insertRun(tx: Tx, { now, draft, ...run }: NewRun): Promise<boolean> {
  const { count } = await tx.ruleRun.createMany({
    data: {
      ...run,
      id: newId(),
      attempt: 0,
      draft: draft ?? Prisma.DbNull,
      runAfter: now,
      createdAt: now,
      finishedAt: run.state === 'DONE' ? now : null,
    },
    skipDuplicates: true,
  });
  return count === 1;
}

export async function hasRun(tx: Tx, tenantId: string, ruleId: string, eventId: string): Promise<boolean> {
  return (await tx.ruleRun.count({ where: { tenantId, ruleId, eventId } })) > 0;
}

export function countRunsSince(tx: Tx, tenantId: string, ruleId: string, since: Date): Promise<number> {
  return tx.ruleRun.count({ where: { tenantId, ruleId, createdAt: { gte: since } } });
}

/** True when the rule has started a design for the item before. */
export async function hasDesignOf(
  tx: Tx,
  {
    tenantId,
    ruleId,
    itemKey,
  }: { readonly tenantId: string; readonly ruleId: string; readonly itemKey: string },
): Promise<boolean> {
  return (await tx.ruleRun.count({ where: { tenantId, ruleId, itemKey, sessionId: { not: null } } })) > 0;
}

/** True for an item that a rule made; also while its system has not said yet how it is called, by its title. */
export async function isMadeByRule(
  tx: Tx,
  {
    tenantId,
    integrationId,
    key,
    title,
  }: {
    readonly tenantId: string;
    readonly integrationId: string;
    readonly key: string;
    readonly title: string;
  },
): Promise<boolean> {
  const made = await tx.ruleRun.count({
    where: {
      tenantId,
      integrationId,
      draft: { not: Prisma.DbNull },
      OR: [
        { itemKey: key },
        { itemKey: null, itemTitle: title, state: { in: ['RUNNING', 'SENDING', 'FAILED'] } },
      ],
    },
  });
  return made > 0;
}

export async function failRunOfSession(
  tx: Tx,
  {
    tenantId,
    sessionId,
    note,
    now,
  }: {
    readonly tenantId: string;
    readonly sessionId: string;
    readonly note: string;
    readonly now: Date;
  },
): Promise<void> {
  await tx.ruleRun.updateMany({
    where: { tenantId, sessionId },
    data: { state: 'FAILED', note, finishedAt: now },
  });
}

export async function claimRuns(
  database: Pick<IntegrationsDatabase, 'withoutTenant'>,
  leaseSeconds: number,
  count: number,
): Promise<readonly ClaimedRun[]> {
  const rows = await database.withoutTenant(
    (client) => client.$queryRaw`
      SELECT tenant_id, id, attempt FROM claim_rule_runs(${leaseSeconds}::integer, ${count}::integer)`,
  );
  return claimSchema.parse(rows).map(({ tenant_id: tenantId, id, attempt }) => ({ tenantId, id, attempt }));
}

export interface RunToDo {
  readonly run: RuleRun;
  readonly draft: RunDraft;
}

/** Null when it is no longer this claim's. */
export async function findRunToDo(tx: Tx, { tenantId, id, attempt }: ClaimedRun): Promise<RunToDo | null> {
  const row = await tx.ruleRun.findFirst({
    where: { tenantId, id, attempt, state: { in: ['RUNNING', 'SENDING'] } },
  });
  return row && { run: toRun(row), draft: draftSchema.parse(row.draft) };
}

/** False when it is no longer this claim's: then nothing may be sent. */
export async function markSending(tx: Tx, { tenantId, id, attempt }: ClaimedRun): Promise<boolean> {
  const { count } = await tx.ruleRun.updateMany({
    where: { tenantId, id, attempt, state: 'RUNNING' },
    data: { state: 'SENDING' },
  });
  return count === 1;
}

export async function endRun(
  tx: Tx,
  { tenantId, id, attempt }: ClaimedRun,
  end: RunEnd,
  now: Date,
): Promise<boolean> {
  const { count } = await tx.ruleRun.updateMany({
    where: { tenantId, id, attempt, state: { in: ['RUNNING', 'SENDING'] } },
    data: { ...end, leaseExpiresAt: null, finishedAt: now },
  });
  return count === 1;
}

/** Nothing was sent: it is tried again later. */
export async function postponeRun(
  tx: Tx,
  { tenantId, id, attempt }: ClaimedRun,
  { runAfter, note }: { readonly runAfter: Date; readonly note: string },
): Promise<void> {
  await tx.ruleRun.updateMany({
    where: { tenantId, id, attempt, state: { in: ['RUNNING', 'SENDING'] } },
    data: { state: 'READY', runAfter, note, leaseExpiresAt: null },
  });
}

/** The last first. */
export async function listRuns(
  tx: Tx,
  { tenantId, ruleId }: { readonly tenantId: string; readonly ruleId: string },
  page: Page<{ readonly createdAt: string; readonly id: string }>,
): Promise<readonly RuleRun[]> {
  const { after } = page;
  const rows = await tx.ruleRun.findMany({
    where: {
      tenantId,
      ruleId,
      ...(after !== null && {
        OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }],
      }),
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: page.first + 1,
  });
  return rows.map(toRun);
}

export async function purgeRuns(
  database: Pick<IntegrationsDatabase, 'withoutTenant'>,
  days: number,
  count: number,
): Promise<number> {
  const rows = await database.withoutTenant(
    (client) => client.$queryRaw<{ count: number }[]>`
      SELECT purge_rule_runs(${days}::integer, ${count}::integer) AS count`,
  );
  return rows[0]?.count ?? 0;
}
