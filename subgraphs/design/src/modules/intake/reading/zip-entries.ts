/** The entries of a zip file, unpacked no further than allowed, whatever the file says of itself. */
import { unzipSync } from 'fflate';
import { DocumentError } from '../../../adapters/document-reader.ts';

export interface ZipEntry {
  readonly name: string;
  /** Unpacked, as the file says. */
  readonly size: number;
}

const MAX_ENTRIES = 2_000;

/** Unpacks nothing. @throws DocumentError. */
export function listEntries(content: Uint8Array): readonly ZipEntry[] {
  const entries: ZipEntry[] = [];
  unzip(content, ({ name, originalSize }) => {
    entries.push({ name, size: originalSize });
    return false;
  });
  return entries;
}

export interface UnpackLimits {
  readonly entryBytes: number;
  readonly totalBytes: number;
}

/**
 * Unpacks what is wanted. The sizes that the file states are checked before, and nothing is written beyond them: a file that
 * lies about them is cut off.
 * @throws DocumentError.
 */
export function unpackEntries(
  content: Uint8Array,
  isWanted: (name: string) => boolean,
  { entryBytes, totalBytes }: UnpackLimits,
): ReadonlyMap<string, Uint8Array> {
  let total = 0;
  const files = unzip(content, ({ name, originalSize }) => {
    if (!isWanted(name)) return false;
    total += originalSize;
    if (originalSize > entryBytes || total > totalBytes) {
      throw new DocumentError(
        'UNPACKS_TOO_LARGE',
        'The file unpacks to more than can be read. Save only the part that describes the process.',
      );
    }
    return true;
  });
  return new Map(Object.entries(files));
}

type Filter = NonNullable<NonNullable<Parameters<typeof unzipSync>[1]>['filter']>;

function unzip(content: Uint8Array, filter: Filter): ReturnType<typeof unzipSync> {
  let count = 0;
  try {
    return unzipSync(content, {
      filter: (file) => {
        count += 1;
        if (count > MAX_ENTRIES) {
          throw new DocumentError('UNPACKS_TOO_LARGE', 'The file holds too many parts. Save it anew.');
        }
        return filter(file);
      },
    });
  } catch (error) {
    if (error instanceof DocumentError) throw error;
    const message =
      'The file is damaged or was cut off. Open it in the program that made it, and save it anew.';
    throw new DocumentError('DAMAGED', message, error);
  }
}
