/** What every resolver gets. */
import type { Viewer } from '@flowgrid/access';
import type { RequestFacts } from '@flowgrid/platform';
import { createLoaders, type Loaders } from './loaders.ts';
import type { Services } from './services.ts';

export interface Context {
  readonly viewer: Viewer;
  readonly requestId: string;
  readonly services: Services;
  readonly loaders: Loaders;
}

export function createContext(services: Services, { viewer, requestId }: RequestFacts<Viewer>): Context {
  return { viewer, requestId, services, loaders: createLoaders(services, { viewer, requestId }) };
}
