/** What resolvers call for ArchiMate models. */
import {
  createImportService,
  type ImportService,
  type ImportServiceOptions,
} from './import/import-service.ts';
import { createLinkService, type LinkService } from './import/link-service.ts';

export interface ArchimateServices {
  readonly imports: ImportService;
  readonly links: LinkService;
}

export function createArchimateServices(options: ImportServiceOptions): ArchimateServices {
  return { imports: createImportService(options), links: createLinkService(options) };
}
