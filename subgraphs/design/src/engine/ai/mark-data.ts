/** Text of others in a prompt: between markers that it cannot close, and without what the eye does not see. */

/** Blocks of a prompt that hold data. */
export type DataTag =
  | 'title'
  | 'source_text'
  | 'local_reading'
  | 'process_model'
  | 'existing_agents'
  | 'existing_definition'
  | 'previous_proposal'
  | 'earlier_wishes'
  | 'person_asks'
  | 'problems';

// Marker words in any case, with any space or invisible sign between: models read them as markers all the same.
const MARKER =
  /<(?=[\s/\\]*(?:title|source_text|local_reading|process_model|existing_agents|existing_definition|previous_proposal|earlier_wishes|person_asks|problems)\b)/gi;
/** Format characters hide text from people: joiners, directions, and the tag characters of U+E0000. */
const INVISIBLE = /\p{Cf}|[\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}]/gu;
const CONTROL = /(?![\t\n\r])\p{Cc}/gu;

export function markData(tag: DataTag, text: string): string {
  return `<${tag}>\n${toHarmless(text)}\n</${tag}>`;
}

/** Marker signs become others of the same look; the rest is as it was. */
export function toHarmless(text: string): string {
  return text.toWellFormed().replace(INVISIBLE, '').replace(CONTROL, ' ').replace(MARKER, '‹');
}

/** As JSON on one line. */
export function markJson(tag: DataTag, value: unknown): string {
  return markData(tag, JSON.stringify(value));
}
