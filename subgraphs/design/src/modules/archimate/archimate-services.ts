/** What resolvers call for ArchiMate models. */
import { createAgentModelService, type AgentModelService } from './agent/agent-model-service.ts';
import { createDeltaService, type DeltaService } from './delta/delta-service.ts';
import {
  createImportService,
  type ImportService,
  type ImportServiceOptions,
} from './import/import-service.ts';
import { createLinkService, type LinkService } from './import/link-service.ts';
import { createTenantTurns } from './thread/tenant-turns.ts';

export interface ArchimateServices {
  readonly imports: ImportService;
  readonly links: LinkService;
  readonly deltas: DeltaService;
  readonly agents: AgentModelService;
}

export function createArchimateServices(given: Omit<ImportServiceOptions, 'turns'>): ArchimateServices {
  const options = { ...given, turns: createTenantTurns() };
  return {
    imports: createImportService(options),
    links: createLinkService(options),
    deltas: createDeltaService(options),
    agents: createAgentModelService(options),
  };
}
