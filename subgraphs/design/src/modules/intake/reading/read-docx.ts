/** The text of a Word document, paragraph by paragraph. */
import { zipSync } from 'fflate';
import mammoth from 'mammoth';
import { refuseEntities } from './refuse-entities.ts';
import { listEntries, unpackEntries } from './zip-entries.ts';

const LIMITS = { entryBytes: 32 * 1024 * 1024, totalBytes: 64 * 1024 * 1024 };

/** What text can be in. Pictures and embedded files are never unpacked. */
const TEXT_PART = /^(?:\[Content_Types\]\.xml|(?:word\/)?_rels\/[\w-]*(?:\.xml)?\.rels|word\/[\w-]+\.xml)$/;
const PICTURE = /^word\/media\//;

export interface ReadText {
  readonly text: string;
  readonly warnings: readonly string[];
}

/** @throws DocumentError, or what the library throws at a broken document. */
export async function readDocx(content: Uint8Array): Promise<ReadText> {
  const parts = unpackEntries(content, (name) => TEXT_PART.test(name), LIMITS);
  for (const part of parts.values()) {
    // Zeros are left out for parts in UTF-16.
    refuseEntities(new TextDecoder('latin1').decode(part).replaceAll('\0', ''));
  }
  // The library unpacks without limits: it gets a file in which nothing is packed.
  const plain = zipSync(Object.fromEntries(parts), { level: 0 });
  const { value } = await mammoth.extractRawText({ buffer: Buffer.from(plain) });
  const pictures = listEntries(content).filter(({ name }) => PICTURE.test(name)).length;
  return { text: value, warnings: pictures === 0 ? [] : [notRead(pictures)] };
}

function notRead(pictures: number): string {
  return pictures === 1
    ? 'A picture in the document was not read.'
    : `${pictures} pictures in the document were not read.`;
}
