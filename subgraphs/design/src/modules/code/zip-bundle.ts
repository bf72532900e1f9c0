/** Packs a bundle. The same files give the same bytes, on any day and in any time zone. */
import { invariant } from '@flowgrid/platform';
import { strToU8, zipSync } from 'fflate';
import type { ZipOptions } from 'fflate';
import type { BundleFile } from './generate-bundle.ts';

const SAFE_PATH = /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*|\.[A-Za-z0-9_-][A-Za-z0-9._-]*)$/;
const UNIX = 3;
const REGULAR_FILE_644 = 0o100644;

/** Throws when a path could leave the folder it is unpacked into, or name one file twice. */
export function zipBundle(files: readonly BundleFile[]): Uint8Array {
  const options: ZipOptions = {
    level: 9,
    // A zip holds local time: built from local parts, it is the same wherever it is packed.
    mtime: new Date(2020, 0, 1),
    os: UNIX,
    attrs: REGULAR_FILE_644 * 2 ** 16,
  };
  const sorted = files.toSorted((left, right) => (left.path < right.path ? -1 : 1));
  const seen = new Set<string>();
  for (const { path } of sorted) {
    const isSafe = path.split('/').every((segment) => SAFE_PATH.test(segment));
    invariant(isSafe && path.length <= 200, `unsafe path in a bundle: ${JSON.stringify(path)}`);
    invariant(!seen.has(path.toLowerCase()), `a bundle names ${path} twice`);
    seen.add(path.toLowerCase());
  }
  return zipSync(Object.fromEntries(sorted.map(({ path, content }) => [path, strToU8(content)])), options);
}
