/** The accounts of AI requests, in the database: budgets hold across all workers. */
import type { Clock } from '@flowgrid/platform';
import type { AiAccounts, AiCallPlan } from '../../adapters/ai/ai-accounts.ts';
import { AiRefusal } from '../../adapters/ai/ai-client.ts';
import type { DesignDatabase, Tx } from '../../database.ts';
import type { EngineSettings } from '../../engine/create-design-engine.ts';
import { insertReservation, settleCall, sumMonth } from './ai-call-store.ts';
import { allows, budgetRefusal } from './budget.ts';
import { monthOf } from './month.ts';
import { createOneByOne } from './one-by-one.ts';
import { findSettings, lockSettings } from './settings-store.ts';

export interface AiAccountsOptions {
  readonly database: DesignDatabase;
  readonly clock: Clock;
  /** Where a tenant has none of its own. */
  readonly defaultBudgetUsd: number;
}

export function createAiAccounts({ database, clock, defaultBudgetUsd }: AiAccountsOptions): AiAccounts {
  const oneByOne = createOneByOne();
  const reserve = async (tx: Tx, plan: AiCallPlan): Promise<string> => {
    const { tenantId } = plan.job;
    const now = clock.now();
    // One after the other, across all workers: of forty jobs at once, each sees what those before it have reserved.
    const { monthlyBudgetUsd } = await lockSettings(tx, tenantId, now);
    const month = monthOf(now);
    const budgetUsd = monthlyBudgetUsd ?? defaultBudgetUsd;
    const state = { budgetUsd, ...(await sumMonth(tx, tenantId, month, now)) };
    if (!allows(state, plan.mostUsd)) {
      throw new AiRefusal('BUDGET_EXCEEDED', budgetRefusal(state, plan.mostUsd, month));
    }
    return insertReservation(tx, plan, now);
  };
  return {
    isPersonalDataRedacted: (tenantId) =>
      database.readInTenant(tenantId, async (tx) => (await findSettings(tx, tenantId)).redactPersonalData),
    reserve: (plan) => {
      const { tenantId } = plan.job;
      return oneByOne(tenantId, () => database.inTenant(tenantId, (tx) => reserve(tx, plan)));
    },
    settle: (tenantId, id, result) =>
      database.inTenant(tenantId, (tx) => settleCall(tx, { tenantId, id }, result, clock.now())),
  };
}

/** Who designs for a tenant where nobody says otherwise. */
export function createEngineSettings(database: DesignDatabase): EngineSettings {
  return {
    engineOf: (tenantId) =>
      database.readInTenant(tenantId, async (tx) => (await findSettings(tx, tenantId)).engine),
  };
}
