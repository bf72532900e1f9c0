import DataLoader from 'dataloader';
import type { Viewer } from '@flowgrid/access';
import type { RequestFacts } from '@flowgrid/platform';
import type { User } from './modules/user/user.ts';
import type { Services } from './services.ts';

/** What the resolvers of one operation get. */
export interface Context extends RequestFacts<Viewer> {
  readonly services: Services;
  /** Reads the users that other services refer to, all at once. */
  readonly userLoader: DataLoader<string, User | null>;
}

export function createContext(services: Services, facts: RequestFacts<Viewer>): Context {
  const userLoader = new DataLoader<string, User | null>((ids) => services.users.findMany(facts.viewer, ids));
  return { ...facts, services, userLoader };
}
