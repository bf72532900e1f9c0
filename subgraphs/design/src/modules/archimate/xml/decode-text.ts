/** Bytes of an XML file as text: by its byte order mark, else as its declaration says. */
import { ArchimateRefusal } from './refusal.ts';

/** What modelling tools write. Others are refused by name instead of being guessed. */
const ENCODINGS: ReadonlyMap<string, string> = new Map([
  ['utf-8', 'utf-8'],
  ['utf8', 'utf-8'],
  ['us-ascii', 'utf-8'],
  ['ascii', 'utf-8'],
  ['utf-16', 'utf-16'],
  ['utf-16le', 'utf-16le'],
  ['utf-16be', 'utf-16be'],
  ['windows-1250', 'windows-1250'],
  ['windows-1251', 'windows-1251'],
  ['windows-1252', 'windows-1252'],
  ['cp1252', 'windows-1252'],
  ['windows-1253', 'windows-1253'],
  ['windows-1254', 'windows-1254'],
  ['iso-8859-1', 'windows-1252'],
  ['latin1', 'windows-1252'],
  ['iso-8859-2', 'iso-8859-2'],
  ['iso-8859-15', 'iso-8859-15'],
]);

const MARKS = [
  { bytes: [0xef, 0xbb, 0xbf], encoding: 'utf-8' },
  { bytes: [0xff, 0xfe], encoding: 'utf-16le' },
  { bytes: [0xfe, 0xff], encoding: 'utf-16be' },
  // `<?` without a mark.
  { bytes: [0x3c, 0x00, 0x3f, 0x00], encoding: 'utf-16le' },
  { bytes: [0x00, 0x3c, 0x00, 0x3f], encoding: 'utf-16be' },
] as const;

const DECLARATION = /^\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']([\w.:-]{1,40})["']/;
const DECLARATION_BYTES = 400;

/** @throws ArchimateRefusal when the bytes are not what they are said to be. */
export function decodeText(bytes: Uint8Array): string {
  const mark = MARKS.find(({ bytes: begin }) => begin.every((byte, place) => bytes[place] === byte));
  const encoding = mark?.encoding ?? declaredEncoding(bytes);
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    if (text.includes('\0')) throw new TypeError('a NUL character');
    return text;
  } catch {
    // The decoder says only that it failed.
    throw new ArchimateRefusal(
      'BROKEN_ENCODING',
      `The file is said to be ${encoding.toUpperCase()} and holds bytes that are none. Save it again as UTF-8.`,
    );
  }
}

function declaredEncoding(bytes: Uint8Array): string {
  const begin = new TextDecoder('latin1').decode(bytes.subarray(0, DECLARATION_BYTES));
  const label = DECLARATION.exec(begin)?.[1]?.toLowerCase() ?? 'utf-8';
  const encoding = ENCODINGS.get(label);
  if (encoding === undefined) {
    throw new ArchimateRefusal(
      'UNSUPPORTED_ENCODING',
      `The encoding "${label}" is not read. Save the file as UTF-8, UTF-16 or windows-1252.`,
    );
  }
  if (!encoding.startsWith('utf-16')) return encoding;
  // The declaration was read byte by byte: two bytes for each character it has not.
  throw new ArchimateRefusal(
    'BROKEN_ENCODING',
    'The file says that it is UTF-16 and is not: its characters have one byte. Correct the XML declaration.',
  );
}
