import { cleanLine } from './clean-text.ts';

const MAX_NAME_BYTES = 255;

/** What a sender calls a file, as the name of a file and nothing else: no folder, nothing that cannot be seen. */
export function toFileName(given: string): string {
  const last = cleanLine(given, MAX_NAME_BYTES * 4)
    .split(/[/\\]/)
    .at(-1)
    ?.replace(/^[.\s]+/, '');
  const name = last === undefined || last === '' ? 'file' : last;
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
  const ending = /\.[^.]{1,16}$/.exec(name)?.[0] ?? '';
  const room = MAX_NAME_BYTES - Buffer.byteLength(ending);
  // A character that is cut in half becomes the mark of what cannot be read, and is left out.
  const start = Buffer.from(name)
    .subarray(0, room)
    .toString()
    .replace(/\ufffd+$/, '');
  return `${start}${ending}`;
}
