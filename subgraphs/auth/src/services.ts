/** Puts the services of the process together; main.ts opens what they work with. */
import type { Epochs } from '@flowgrid/shared-state';
import type { Clock, Logger } from '@flowgrid/platform';
import type { AuthDatabase } from './database.ts';
import { ContextService } from './modules/context/context-service.ts';
import { JobGrantService } from './modules/job-grant/job-grant-service.ts';
import { RuleGrantService } from './modules/rule-grant/rule-grant-service.ts';
import { createRevocations } from './modules/session/revocations.ts';
import { SessionService } from './modules/session/session-service.ts';
import type { PasswordHasher } from './modules/sign-in/password.ts';
import { SignInService } from './modules/sign-in/sign-in-service.ts';
import { createSignInThrottle, type SignInThrottle } from './modules/sign-in/sign-in-throttle.ts';
import type { KeyRing } from './modules/signing-key/key-ring.ts';
import { UserService } from './modules/user/user-service.ts';
import { ViewerService } from './modules/viewer/viewer-service.ts';

export interface ServiceOptions {
  readonly database: AuthDatabase;
  readonly keyRing: KeyRing;
  readonly epochs: Epochs;
  readonly passwords: PasswordHasher;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly issuer: string;
  readonly accessTokenSeconds: number;
}

export interface Services {
  readonly contexts: ContextService;
  readonly jobGrants: JobGrantService;
  readonly ruleGrants: RuleGrantService;
  readonly sessions: SessionService;
  readonly signIn: SignInService;
  readonly throttle: SignInThrottle;
  readonly users: UserService;
  readonly viewers: ViewerService;
}

export function createServices(options: ServiceOptions): Services {
  const { database, epochs, logger } = options;
  const sessions = new SessionService({ ...options, revocations: createRevocations(epochs, logger) });
  const throttle = createSignInThrottle(options);
  return {
    contexts: new ContextService(options),
    jobGrants: new JobGrantService(options),
    ruleGrants: new RuleGrantService(options),
    sessions,
    signIn: new SignInService({ ...options, sessions, throttle }),
    throttle,
    users: new UserService(database),
    viewers: new ViewerService(database),
  };
}
