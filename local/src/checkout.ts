/** Where this checkout is, and a short name for it that is safe in paths. */
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root folder of the checkout, with symbolic links resolved, so that one checkout has one name. */
export function checkoutDirectory(): string {
  return realpathSync(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
}

export function checkoutHash(directory: string = checkoutDirectory()): string {
  return createHash('sha256').update(directory).digest('hex').slice(0, 12);
}

/** Where a checkout keeps what an unprivileged user must reach while the launcher runs as root. */
export function rootRuntimeDirectory(directory: string = checkoutDirectory()): string {
  return `/var/lib/flowgrid/${checkoutHash(directory)}`;
}
