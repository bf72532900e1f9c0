/** Bytes as text: by their byte order mark, as UTF-8, or as windows-1252, whichever fits. */

export interface DecodedText {
  readonly text: string;
  /** What was assumed; null where the bytes say it themselves. */
  readonly assumption: string | null;
}

const UTF_8_MARK = [0xef, 0xbb, 0xbf];
const UTF_16_LE_MARK = [0xff, 0xfe];
const UTF_16_BE_MARK = [0xfe, 0xff];

/** Control characters that no text has, in whichever encoding. */
const BINARY = /(?![\t\n\v\f\r\u0080-\u009f])\p{Cc}/u;

/** Null for what is no text. */
export function decodeText(content: Uint8Array): DecodedText | null {
  const decoded = decode(content);
  return decoded === null || BINARY.test(decoded.text) ? null : decoded;
}

function decode(content: Uint8Array): DecodedText | null {
  if (startsWith(content, UTF_8_MARK)) return certain(tryDecode(content, 'utf-8'));
  if (startsWith(content, UTF_16_LE_MARK)) return certain(tryDecode(content, 'utf-16le'));
  if (startsWith(content, UTF_16_BE_MARK)) return certain(tryDecode(content, 'utf-16be'));
  const text = tryDecode(content, 'utf-8');
  if (text !== null) return certain(text);
  const assumption =
    'The file is not UTF-8; it was read as windows-1252. Save it as UTF-8 if letters are wrong.';
  const latin = tryDecode(content, 'windows-1252');
  return latin === null ? null : { text: latin, assumption };
}

function certain(text: string | null): DecodedText | null {
  return text === null ? null : { text, assumption: null };
}

function tryDecode(content: Uint8Array, encoding: string): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(content);
  } catch {
    // Not in this encoding; the caller knows what to try next.
    return null;
  }
}

export function startsWith(content: Uint8Array, bytes: readonly number[]): boolean {
  return bytes.every((byte, index) => content[index] === byte);
}
