/** What tenants have used of AI models, and what is left of their budgets. */
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import { FlowgridError, type Clock } from '@flowgrid/platform';
import type { DesignDatabase } from '../../database.ts';
import {
  listModelUse,
  listSessionUse,
  sumMonth,
  type ModelUse,
  type SessionUse,
  type Use,
} from './ai-call-store.ts';
import { remainingOf } from './budget.ts';
import { monthOf, parseMonth } from './month.ts';
import { findSettings } from './settings-store.ts';

const LISTED_SESSIONS = 20;

export interface TenantUse extends Use {
  readonly month: string;
  readonly reservedUsd: number;
  readonly budgetUsd: number;
  readonly remainingUsd: number;
  readonly renewsAt: Date;
  readonly models: readonly ModelUse[];
  readonly sessions: readonly SessionUse[];
}

export interface UsageServiceOptions {
  readonly database: DesignDatabase;
  readonly clock: Clock;
  /** Where a tenant has none of its own. */
  readonly defaultBudgetUsd: number;
}

export type UsageService = ReturnType<typeof createUsageService>;

export function createUsageService({ database, clock, defaultBudgetUsd }: UsageServiceOptions) {
  return {
    /** @throws FlowgridError `BAD_USER_INPUT` for what is no month. */
    ofTenant: async ({ viewer }: ServiceRequest, name: string | null): Promise<TenantUse> => {
      const { tenantId } = requirePermission(viewer, 'design:read');
      const now = clock.now();
      const month = name === null ? monthOf(now) : parseMonth(name);
      if (!month) throw new FlowgridError('BAD_USER_INPUT', 'A month is written as 2026-11.');
      const read = await database.readInTenant(tenantId, async (tx) => ({
        settings: await findSettings(tx, tenantId),
        sums: await sumMonth(tx, tenantId, month, now),
        models: await listModelUse(tx, tenantId, month),
        sessions: await listSessionUse(tx, tenantId, month, LISTED_SESSIONS),
      }));
      const { settings, sums, models, sessions } = read;
      const state = { ...sums, budgetUsd: settings.monthlyBudgetUsd ?? defaultBudgetUsd };
      const total = (pick: (use: Use) => number): number => models.reduce((sum, use) => sum + pick(use), 0);
      return {
        month: month.name,
        calls: total(({ calls }) => calls),
        inputTokens: total(({ inputTokens }) => inputTokens),
        cachedInputTokens: total(({ cachedInputTokens }) => cachedInputTokens),
        outputTokens: total(({ outputTokens }) => outputTokens),
        costUsd: state.spentUsd,
        reservedUsd: state.reservedUsd,
        budgetUsd: state.budgetUsd,
        remainingUsd: remainingOf(state),
        renewsAt: month.end,
        models,
        sessions,
      };
    },
  };
}
