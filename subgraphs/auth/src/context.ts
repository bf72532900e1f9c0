import DataLoader from 'dataloader';
import type { Viewer } from '@flowgrid/access';
import type { RequestFacts } from '@flowgrid/platform';
import type { SessionService } from './modules/session/session-service.ts';
import type { SignInService } from './modules/sign-in/sign-in-service.ts';
import type { UserService } from './modules/user/user-service.ts';
import type { User } from './modules/user/user.ts';
import type { ViewerService } from './modules/viewer/viewer-service.ts';

/** Made once per process. */
export interface Services {
  readonly sessions: SessionService;
  readonly signIn: SignInService;
  readonly users: UserService;
  readonly viewers: ViewerService;
}

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
