/** Text as it is searched: parts that differ in case or in the form of a character only are the same. */

/** The parts on lines of their own, so that a term does not match across two of them. */
export function toSearchText(parts: readonly string[]): string {
  return parts.map((part) => part.normalize('NFKC').toLowerCase()).join('\n');
}

/** A pattern for LIKE's default escape character: `100%` finds a per cent sign. */
export function toSearchTerm(search: string): string {
  return toSearchText([search.trim()]).replaceAll(/[\\%_]/g, (wildcard) => `\\${wildcard}`);
}
