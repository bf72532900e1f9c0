/** What resolvers call for ArchiMate models. */
import { createAgentModelService, type AgentModelService } from './agent/agent-model-service.ts';
import { createDeltaService, type DeltaService } from './delta/delta-service.ts';
import {
  createImportService,
  type ImportService,
  type ImportServiceOptions,
} from './import/import-service.ts';
import { createLinkService, type LinkService } from './import/link-service.ts';

export interface ArchimateServices {
  readonly imports: ImportService;
  readonly links: LinkService;
  readonly deltas: DeltaService;
  readonly agents: AgentModelService;
}

export function createArchimateServices(options: ImportServiceOptions): ArchimateServices {
  return {
    imports: createImportService(options),
    links: createLinkService(options),
    deltas: createDeltaService(options),
    agents: createAgentModelService(options),
  };
}
