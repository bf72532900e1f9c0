/** Rows of requests to AI providers. */
import { newId } from '@flowgrid/platform';
import { z } from 'zod';
import type { AiCallPlan, AiCallResult } from '../../adapters/ai/ai-accounts.ts';
import type { Tx } from '../../database.ts';
import { RESERVATION_MS, type BudgetState } from './budget.ts';
import type { Month } from './month.ts';

export interface Use {
  readonly calls: number;
  /** Read by models, without those of the cache. */
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number;
}

export const NO_USE: Use = { calls: 0, inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, costUsd: 0 };

export interface ModelUse extends Use {
  readonly provider: string;
  readonly model: string;
  readonly failedCalls: number;
}

export interface SessionUse extends Use {
  readonly sessionId: string;
}

const SUMS = {
  inputTokens: true,
  cachedInputTokens: true,
  cacheWriteTokens: true,
  outputTokens: true,
  costUsd: true,
} as const;

interface Sums {
  readonly _count: number;
  readonly _sum: {
    readonly inputTokens: number | null;
    readonly cachedInputTokens: number | null;
    readonly cacheWriteTokens: number | null;
    readonly outputTokens: number | null;
    readonly costUsd: { toNumber(): number } | null;
  };
}

const toUse = ({ _count, _sum }: Sums): Use => ({
  calls: _count,
  inputTokens: (_sum.inputTokens ?? 0) + (_sum.cacheWriteTokens ?? 0),
  cachedInputTokens: _sum.cachedInputTokens ?? 0,
  outputTokens: _sum.outputTokens ?? 0,
  costUsd: _sum.costUsd?.toNumber() ?? 0,
});

const within = ({ start, end }: Month) => ({ startedAt: { gte: start, lt: end } });

export async function insertReservation(
  tx: Tx,
  { job, model, mostUsd }: AiCallPlan,
  now: Date,
): Promise<string> {
  const id = newId();
  const { tenantId, sessionId, phase, provider } = job;
  await tx.aiCall.create({
    data: {
      tenantId,
      id,
      sessionId,
      phase,
      provider,
      model,
      state: 'RESERVED',
      costUsd: mostUsd.toFixed(8),
      startedAt: now,
    },
  });
  return id;
}

/** Settling again changes nothing. */
export async function settleCall(
  tx: Tx,
  call: { readonly tenantId: string; readonly id: string },
  { tokens, costUsd, outcome }: AiCallResult,
  now: Date,
): Promise<void> {
  await tx.aiCall.updateMany({
    where: { ...call, state: 'RESERVED' },
    data: { state: 'SETTLED', ...tokens, costUsd: costUsd.toFixed(8), outcome, endedAt: now },
  });
}

/** What of the month's budget is gone. */
export async function sumMonth(
  tx: Tx,
  tenantId: string,
  month: Month,
  now: Date,
): Promise<Pick<BudgetState, 'spentUsd' | 'reservedUsd'>> {
  const openSince = new Date(now.getTime() - RESERVATION_MS);
  const rows: unknown = await tx.$queryRaw`
    SELECT coalesce(sum(cost_usd) FILTER (WHERE state = 'RESERVED' AND started_at >= ${openSince}), 0)::float8 AS "reservedUsd",
           coalesce(sum(cost_usd) FILTER (WHERE state <> 'RESERVED' OR started_at < ${openSince}), 0)::float8 AS "spentUsd"
      FROM ai_call
     WHERE tenant_id = ${tenantId}::uuid AND started_at >= ${month.start} AND started_at < ${month.end}`;
  return sumsRow.parse(rows)[0];
}

const sumsRow = z.tuple([z.object({ reservedUsd: z.number(), spentUsd: z.number() })]);

export async function listModelUse(tx: Tx, tenantId: string, month: Month): Promise<readonly ModelUse[]> {
  const where = { tenantId, ...within(month) };
  const by = ['provider', 'model'] as const;
  const all = await tx.aiCall.groupBy({ by: [...by], where, _count: true, _sum: SUMS });
  const failed = await tx.aiCall.groupBy({
    by: [...by],
    where: { ...where, state: 'SETTLED', NOT: { outcome: 'ANSWERED' } },
    _count: true,
  });
  return all
    .map((group) => ({
      provider: group.provider,
      model: group.model,
      failedCalls:
        failed.find(({ provider, model }) => provider === group.provider && model === group.model)?._count ??
        0,
      ...toUse(group),
    }))
    .toSorted((a, b) => b.costUsd - a.costUsd);
}

/** The sessions that cost most. */
export async function listSessionUse(
  tx: Tx,
  tenantId: string,
  month: Month,
  first: number,
): Promise<readonly SessionUse[]> {
  const groups = await tx.aiCall.groupBy({
    by: ['sessionId'],
    where: { tenantId, ...within(month) },
    _count: true,
    _sum: SUMS,
    orderBy: [{ _sum: { costUsd: 'desc' } }, { sessionId: 'asc' }],
    take: first,
  });
  return groups.map((group) => ({ sessionId: group.sessionId, ...toUse(group) }));
}

/** What sessions have used by requests that are over, whatever the month; absent where it is nothing. */
export async function findUseOfSessions(
  tx: Tx,
  tenantId: string,
  sessionIds: readonly string[],
): Promise<ReadonlyMap<string, Use>> {
  const groups = await tx.aiCall.groupBy({
    by: ['sessionId'],
    where: { tenantId, sessionId: { in: [...sessionIds] }, state: 'SETTLED' },
    _count: true,
    _sum: SUMS,
  });
  return new Map(groups.map((group) => [group.sessionId, toUse(group)]));
}
