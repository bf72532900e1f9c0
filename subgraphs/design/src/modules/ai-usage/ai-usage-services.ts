/** What the design service offers about AI: settings of tenants, and what they have used. */
import {
  createSettingsService,
  type SettingsService,
  type SettingsServiceOptions,
} from './settings-service.ts';
import { createUsageService, type UsageService } from './usage-service.ts';

export interface AiUsageServices {
  readonly settings: SettingsService;
  readonly usage: UsageService;
}

export const createAiUsageServices = (options: SettingsServiceOptions): AiUsageServices => ({
  settings: createSettingsService(options),
  usage: createUsageService(options),
});
