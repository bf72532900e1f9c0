/** Turns any text into source code, JSON, markdown or a file name in which it can only ever be data. */

/** Whatever an editor would not show, or would show elsewhere: control, format, separator and unpaired characters. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;

/** A string literal for TypeScript and JSON alike. */
export function toLiteral(text: string): string {
  return escapeUnseen(JSON.stringify(text)).replaceAll('</', '<\\/');
}

/** A JSON document with a newline at its end. */
export function toJsonFile(value: unknown): string {
  const json = JSON.stringify(value, null, 2);
  return `${json.split('\n').map(escapeUnseen).join('\n')}\n`;
}

function escapeUnseen(text: string): string {
  return text.replace(UNSEEN, (character) =>
    Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** One line of markdown in which nothing is markup. */
export function toMarkdownText(text: string): string {
  return text
    .replace(/[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ')
    .trim()
    .replace(/[\\`*_{}[\]()#+!|~$]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** A key of an object literal, as an own property whatever its name. */
export function toPropertyKey(name: string): string {
  const isPlain = /^[A-Za-z][A-Za-z0-9_]*$/.test(name);
  return isPlain ? name : `[${toLiteral(name)}]`;
}

/** Lower-case words with dashes, at most `maxLength` long. */
export function toFileWords(name: string, fallback: string, maxLength = 80): string {
  const words = name
    .normalize('NFKD')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .match(/[a-z0-9]+/g);
  return words?.join('-').slice(0, maxLength).replace(/-+$/, '') ?? fallback;
}
