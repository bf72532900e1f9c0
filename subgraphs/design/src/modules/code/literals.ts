/** Turns any text into source code, JSON, YAML, markdown or a file name in which it can only ever be data. */

/** Whatever an editor would not show, or would show elsewhere: control, format, separator and unpaired characters. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;

/** A string literal for TypeScript, in the quotes that a formatter would choose. */
export function toLiteral(text: string): string {
  const json = toJsonText(text);
  const inner = json.slice(1, -1);
  if (text.includes("'") && !text.includes('"')) return json;
  return `'${inner.replaceAll('\\"', '"').replaceAll("'", String.raw`\'`)}'`;
}

/** A value as TypeScript source, on one line. */
export function toValueSource(value: unknown): string {
  if (typeof value === 'string') return toLiteral(value);
  if (Array.isArray(value)) return `[${value.map(toValueSource).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).map(
    ([key, member]) => `${toPropertyKey(key)}: ${toValueSource(member)}`,
  );
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** A JSON document with a newline at its end. */
export function toJsonFile(value: unknown): string {
  const json = JSON.stringify(value, null, 2);
  return `${json.split('\n').map(escapeUnseen).join('\n')}\n`;
}

/** A string for JSON and YAML alike: YAML reads JSON's strings as they are. */
export function toJsonText(text: string): string {
  return escapeUnseen(JSON.stringify(text));
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
    .replace(/[\\`*_{}[\]()#+!|~$]/g, String.raw`\$&`)
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
