/** Text inside an XML 1.0 document. */

const ILLEGAL = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // As characters, readers would make spaces or line feeds of them.
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};

/** Escaped for content, without the characters that XML forbids even when escaped. */
export function toXmlText(text: string): string {
  return text.replace(ILLEGAL, '').replace(/[&<>"'\r]/g, (character) => ENTITIES[character] ?? '');
}

/** Escaped for a value between quotes. */
export function toXmlAttribute(text: string): string {
  return text.replace(ILLEGAL, '').replace(/[&<>"'\r\n\t]/g, (character) => ENTITIES[character] ?? '');
}
