/** How tenants want designs to be made. */
import { z } from 'zod';
import {
  auditRecord,
  requirePermission,
  type AuditRecord,
  type ServiceRequest,
  type TenantViewer,
} from '@flowgrid/access';
import { toEnvelope, writeEvents } from '@flowgrid/messaging';
import { InvalidInput, invalidInput, parseInput, type Clock } from '@flowgrid/platform';
import type { AiProviderName } from '../../adapters/ai/ai-provider.ts';
import type { DesignDatabase, Tx } from '../../database.ts';
import { ENGINE_OF_PROVIDER } from './engine-names.ts';
import { findSettings, lockSettings, updateSettings, type DesignSettings } from './settings-store.ts';

export interface EngineOption {
  readonly engine: 'LOCAL' | 'CLAUDE' | 'OPENAI';
  readonly isAvailable: boolean;
  readonly model: string | null;
}

/** The settings as clients see them. */
export interface DesignSettingsView extends DesignSettings {
  readonly effectiveMonthlyBudgetUsd: number;
  readonly engines: readonly EngineOption[];
}

export interface SettingsServiceOptions {
  readonly database: DesignDatabase;
  readonly clock: Clock;
  /** Where a tenant has none of its own. */
  readonly defaultBudgetUsd: number;
  /** Providers that there is a key for. */
  readonly providers: readonly AiProviderName[];
  readonly models: Readonly<Record<AiProviderName, string>>;
}

const inputSchema = z.object({
  expectedRevision: z.int(),
  engine: z.enum(['AUTO', 'LOCAL', 'CLAUDE', 'OPENAI']).nullish(),
  monthlyBudgetUsd: z
    .number()
    .min(0, 'A budget is 0 or more.')
    .max(1_000_000, 'A budget is 1,000,000 at most.')
    .refine((value) => Math.round(value * 100) / 100 === value, 'A budget is in whole cents.')
    .nullish(),
  redactPersonalData: z.boolean().nullish(),
});

export type SettingsService = ReturnType<typeof createSettingsService>;

export function createSettingsService(options: SettingsServiceOptions) {
  const { database, clock } = options;
  const toView = (settings: DesignSettings): DesignSettingsView => ({
    ...settings,
    effectiveMonthlyBudgetUsd: settings.monthlyBudgetUsd ?? options.defaultBudgetUsd,
    engines: listEngines(options),
  });
  return {
    get: async ({ viewer }: ServiceRequest): Promise<DesignSettingsView> => {
      const { tenantId } = requirePermission(viewer, 'design:read');
      return toView(await database.readInTenant(tenantId, (tx) => findSettings(tx, tenantId)));
    },
    /** @throws InvalidInput, also `STALE_REVISION` with the settings as they are. */
    update: async (
      request: ServiceRequest,
      given: z.input<typeof inputSchema>,
    ): Promise<DesignSettingsView> => {
      const viewer = requirePermission(request.viewer, 'tenant:manage');
      const input = parseInput(inputSchema, given);
      refuseUnavailable(input.engine ?? null, options.providers);
      const { tenantId } = viewer;
      return database.inTenant(tenantId, async (tx) => {
        const now = clock.now();
        const current = await lockSettings(tx, tenantId, now);
        if (current.revision !== input.expectedRevision) throw staleRevision(toView(current));
        const next: DesignSettings = {
          engine: input.engine ?? current.engine,
          monthlyBudgetUsd:
            input.monthlyBudgetUsd === undefined ? current.monthlyBudgetUsd : input.monthlyBudgetUsd,
          redactPersonalData: input.redactPersonalData ?? current.redactPersonalData,
          revision: current.revision + 1,
        };
        await updateSettings(tx, tenantId, next, now);
        await recordUpdate(tx, { viewer, requestId: request.requestId, clock }, current, next);
        return toView(next);
      });
    },
  };
}

function listEngines({ providers, models }: SettingsServiceOptions): readonly EngineOption[] {
  const known: readonly AiProviderName[] = ['anthropic', 'openai'];
  return [
    ...known.map((provider) => ({
      engine: ENGINE_OF_PROVIDER[provider],
      isAvailable: providers.includes(provider),
      model: models[provider],
    })),
    { engine: 'LOCAL' as const, isAvailable: true, model: null },
  ];
}

function refuseUnavailable(engine: string | null, providers: readonly AiProviderName[]): void {
  const isMissing = (name: AiProviderName): boolean =>
    engine === ENGINE_OF_PROVIDER[name] && !providers.includes(name);
  if (!isMissing('anthropic') && !isMissing('openai')) return;
  throw invalidInput('INVALID', `This platform has no key for ${engine}; AUTO and LOCAL always work.`, [
    'engine',
  ]);
}

function staleRevision(current: DesignSettingsView): InvalidInput {
  const message = `The settings were changed meanwhile; they are at revision ${current.revision}.`;
  return new InvalidInput([{ code: 'STALE_REVISION', message, path: ['expectedRevision'] }], current);
}

async function recordUpdate(
  tx: Tx,
  by: { readonly viewer: TenantViewer; readonly requestId: string; readonly clock: Clock },
  before: DesignSettings,
  after: DesignSettings,
): Promise<void> {
  const change = auditRecord(by, {
    action: 'design_setting.updated',
    resourceType: 'design_setting',
    resourceId: by.viewer.tenantId,
    changes: changesBetween(before, after),
  });
  await tx.auditEvent.create({ data: { ...change } });
  await writeEvents(tx, [toEnvelope('design_setting.updated', { change, data: { settings: after } })]);
}

/** What is different now, as it is now. */
function changesBetween(before: DesignSettings, after: DesignSettings): AuditRecord['changes'] {
  return {
    ...(before.engine !== after.engine && { engine: after.engine }),
    ...(before.monthlyBudgetUsd !== after.monthlyBudgetUsd && { monthlyBudgetUsd: after.monthlyBudgetUsd }),
    ...(before.redactPersonalData !== after.redactPersonalData && {
      redactPersonalData: after.redactPersonalData,
    }),
    revision: after.revision,
  };
}
