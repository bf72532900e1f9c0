/** The first element of an XML text, as far as it can be told without parsing all of it. */

export interface XmlRoot {
  /** Without its prefix. */
  readonly name: string;
  readonly namespace: string | null;
}

const HEAD_CHARACTERS = 64 * 1024;
/** Declarations, comments and processing instructions before the first element; one at a time. */
const BEFORE_ROOT = /^\s*(?:<\?[^>]*\?>|<!--[^]*?-->|<!DOCTYPE[^[>]*(?:\[[^\]]*\][^>]*)?>)/i;
const ROOT = /^\s*<(?:([\w.-]+):)?([\w.-]+)((?:\s[^<>]*)?)\/?>/;

/** Null for what does not begin like XML. */
export function findRoot(text: string): XmlRoot | null {
  let rest = text.slice(0, HEAD_CHARACTERS).replace(/^\ufeff/, '');
  for (let before = BEFORE_ROOT.exec(rest); before !== null; before = BEFORE_ROOT.exec(rest)) {
    rest = rest.slice(before[0].length);
  }
  const root = ROOT.exec(rest);
  if (root === null) return null;
  const [, prefix, name = '', attributes = ''] = root;
  const declared = prefix === undefined ? 'xmlns' : `xmlns:${prefix.replaceAll('.', '\\.')}`;
  const namespace = new RegExp(`\\s${declared}\\s*=\\s*["']([^"']*)["']`).exec(attributes)?.[1] ?? null;
  return { name, namespace };
}
