/** Rows of the tenants' settings. */
import { z } from 'zod';
import type { Tx } from '../../database.ts';
import type { EngineChoice } from '../../engine/engine.ts';

export interface DesignSettings {
  readonly engine: EngineChoice;
  /** Null: the platform's default. */
  readonly monthlyBudgetUsd: number | null;
  readonly redactPersonalData: boolean;
  /** 0 where nobody has set anything. */
  readonly revision: number;
}

const INITIAL: DesignSettings = {
  engine: 'AUTO',
  monthlyBudgetUsd: null,
  redactPersonalData: false,
  revision: 0,
};

const engineChoice = z.enum(['AUTO', 'LOCAL', 'CLAUDE', 'OPENAI']);

export async function findSettings(tx: Tx, tenantId: string): Promise<DesignSettings> {
  const row = await tx.designSetting.findUnique({ where: { tenantId } });
  if (!row) return INITIAL;
  return {
    engine: engineChoice.parse(row.engine),
    monthlyBudgetUsd: row.monthlyBudgetUsd === null ? null : row.monthlyBudgetUsd.toNumber(),
    redactPersonalData: row.redactPersonalData,
    revision: row.revision,
  };
}

const lockedRow = z.tuple([
  z.object({
    engine: engineChoice,
    monthlyBudgetUsd: z.number().nullable(),
    redactPersonalData: z.boolean(),
    revision: z.int(),
  }),
]);

/** The settings, which nobody else changes or reserves against until the transaction ends. */
export async function lockSettings(tx: Tx, tenantId: string, now: Date): Promise<DesignSettings> {
  const lock = (): Promise<unknown> => tx.$queryRaw`
    SELECT engine, monthly_budget_usd::float8 AS "monthlyBudgetUsd", redact_personal_data AS "redactPersonalData", revision
      FROM design_setting WHERE tenant_id = ${tenantId}::uuid FOR UPDATE`;
  const there = lockedRow.safeParse(await lock());
  if (there.success) return there.data[0];
  await tx.designSetting.createMany({
    data: { tenantId, ...INITIAL, updatedAt: now },
    skipDuplicates: true,
  });
  return lockedRow.parse(await lock())[0];
}

/** The row is there: it was locked before. */
export async function updateSettings(
  tx: Tx,
  tenantId: string,
  settings: DesignSettings,
  now: Date,
): Promise<void> {
  await tx.designSetting.update({ where: { tenantId }, data: { ...settings, updatedAt: now } });
}
