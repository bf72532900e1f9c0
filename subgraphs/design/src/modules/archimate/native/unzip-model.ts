/** The zip form of a native Archi file: `model.xml`, with images beside it that are not read. */
import { unzipSync } from 'fflate';
import { ArchimateRefusal } from '../xml/refusal.ts';

const MODEL_FILE = 'model.xml';
const MAX_ENTRIES = 5_000;
const SIGNATURE = [0x50, 0x4b, 0x03, 0x04] as const;

export function isZip(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, place) => bytes[place] === byte);
}

/**
 * Inflates the one file and nothing else. The memory for it is what its header says, which is checked first; a header that
 * lies gets no more, and what is cut off is no well-formed XML. @throws ArchimateRefusal
 */
export function unzipModel(bytes: Uint8Array, limitBytes: number): Uint8Array {
  const model = inflate(bytes, limitBytes);
  if (model !== undefined) return model;
  throw new ArchimateRefusal(
    'NOT_ARCHIMATE',
    `The zip file holds no "${MODEL_FILE}": it is no model of Archi.`,
  );
}

function inflate(bytes: Uint8Array, limitBytes: number): Uint8Array | undefined {
  let entries = 0;
  try {
    return unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        entries += 1;
        if (entries > MAX_ENTRIES) {
          throw new ArchimateRefusal('TOO_COMPLEX', `The zip file has more than ${MAX_ENTRIES} entries.`);
        }
        if (name !== MODEL_FILE) return false;
        if (originalSize > limitBytes) {
          const limit = Math.floor(limitBytes / (1024 * 1024));
          throw new ArchimateRefusal('TOO_LARGE', `The model in the zip file has more than ${limit} MB.`);
        }
        return true;
      },
    })[MODEL_FILE];
  } catch (error) {
    if (error instanceof ArchimateRefusal) throw error;
    throw new ArchimateRefusal('BROKEN_ZIP', 'The zip file is damaged.');
  }
}
