/** Work that recurs: keys grow old, counters end. */
import type { Clock, Logger } from '@flowgrid/platform';
import type { AuthDatabase } from './database.ts';
import type { SignInThrottle } from './modules/sign-in/sign-in-throttle.ts';
import type { KeyRing } from './modules/signing-key/key-ring.ts';
import { rotateKeys } from './modules/signing-key/rotate-keys.ts';

const INTERVAL_MS = 60 * 60 * 1000;

export interface MaintenanceOptions {
  readonly database: AuthDatabase;
  readonly keyRing: KeyRing;
  readonly keySecret: Buffer;
  readonly throttle: SignInThrottle;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Every hour, in every process: whoever comes second finds nothing to do. */
export function startMaintenance(options: MaintenanceOptions): Disposable {
  const timer = setInterval(() => {
    runMaintenance(options).catch((error: unknown) =>
      options.logger.error({ err: error }, 'maintenance failed; it is tried again in an hour'),
    );
  }, INTERVAL_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function runMaintenance({ keyRing, throttle, logger, ...rotation }: MaintenanceOptions): Promise<void> {
  const { created, removed } = await rotateKeys(rotation);
  if (created.length + removed.length > 0) {
    logger.info({ created, removed }, 'signing keys rotated');
    await keyRing.reload();
  }
  await throttle.cleanUp();
}
