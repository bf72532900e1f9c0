/** A ticket or an issue of a connected system, in the words of all systems. Its texts are what strangers wrote: data, never more. */

export interface ExternalItem {
  /** As people write it, and as `findItem` takes it. */
  readonly key: string;
  readonly title: string;
  /** Plain text or markdown, whichever the system keeps; cut off where it is very long. */
  readonly body: string;
  readonly state: string;
  readonly type: string;
  readonly assignee: string | null;
  /** Where a person opens it; null where the system names no page of the web. */
  readonly url: string | null;
  readonly updatedAt: Date | null;
}

export interface ItemQuery {
  /** Words to look for; null for everything. */
  readonly search: string | null;
  readonly size: number;
  /** What the page before gave as `next`; null for the first. */
  readonly token: string | null;
}

export interface ItemPage {
  readonly items: readonly ExternalItem[];
  /** Where the next page begins; null after the last. */
  readonly next: string | null;
}

/** A new ticket or issue. */
export interface ItemDraft {
  /** Where it is made: `owner/repository`, the key of a project, the name of a table. */
  readonly container: string;
  /** In the words of its system: Bug, Task; null for the usual one. */
  readonly type: string | null;
  readonly title: string;
  /** Plain text or markdown. */
  readonly body: string;
}

export interface ExternalComment {
  /** As the other system names it. */
  readonly id: string;
  readonly url: string | null;
}

/** A step that an item may take now. */
export interface ItemTransition {
  readonly id: string;
  /** As people there call it. */
  readonly name: string;
  /** The state that it leads to. */
  readonly toState: string;
  /** Names of fields that a person has to fill in there: such a step is not taken from here. Left out for none. */
  readonly requires?: readonly string[];
}

export interface SyncQuery {
  /** Repository, project or table; null for all that the credential shows. */
  readonly scope: string | null;
  /** What the page before gave; null for the beginning. */
  readonly cursor: string | null;
  readonly size: number;
}

export interface SyncPage {
  readonly items: readonly ExternalItem[];
  /** Where to go on, now or later: it is kept. Never null, so that the end of one sync is where the next one begins. */
  readonly cursor: string;
  /** False when nothing more is there at the moment. */
  readonly hasMore: boolean;
}

const MAX_LINE_LENGTH = 500;
const MAX_BODY_LENGTH = 50_000;
const MAX_SEARCH_LENGTH = 200;
const MAX_URL_LENGTH = 2_000;
const MAX_YEAR = 9_999;

/** One line, fit to be shown and stored. */
export function toItemLine(text: string | null | undefined): string {
  return (text ?? '')
    .toWellFormed()
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_LINE_LENGTH)
    .toWellFormed();
}

/** Lines and tabs stay, other control characters go. */
export function toItemBody(text: string | null | undefined): string {
  return (text ?? '')
    .toWellFormed()
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/(?![\n\t])\p{Cc}/gu, '')
    .trim()
    .slice(0, MAX_BODY_LENGTH)
    .toWellFormed();
}

/** Null for what no browser should follow, and for what is too long to be an address of an item. */
export function toItemUrl(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return null;
  return url.href.length <= MAX_URL_LENGTH ? url.href : null;
}

/** A token that counts, as this service gave it; where it is another's, the beginning. */
export function toCount(token: string | null, beginning: number): number {
  return token !== null && /^\d{1,7}$/.test(token) ? Number(token) : beginning;
}

/** Null for what is no time, or none that a database keeps and a calendar has: years have four digits. */
export function toItemTime(text: string | null | undefined): Date | null {
  const time = new Date(text ?? '');
  const year = time.getUTCFullYear();
  return year >= 1 && year <= MAX_YEAR ? time : null;
}

/**
 * Letters, digits and what stands within words; everything that means something in a query language becomes a space.
 * Null where nothing is left to look for.
 */
export function toSearchWords(search: string | null): string | null {
  const words = (search ?? '')
    .toWellFormed()
    .replaceAll(/[^\p{L}\p{N}\p{M}_.#@/-]+/gu, ' ')
    .trim()
    .slice(0, MAX_SEARCH_LENGTH)
    .trim();
  return words === '' ? null : words;
}
