/** Conditions in Jira's query language, of which no text of anybody can become a part. */
import { ConnectorError } from '../connector-error.ts';
import { toSearchWords } from '../external-item.ts';

const PROJECT_KEY = /^[A-Z][A-Z0-9_]{0,49}$/;
/** Jira Cloud refuses a search without any limit. */
const TWO_YEARS = 'updated >= "-730d"';
const HOUR_MS = 60 * 60 * 1000;
/** Further than clocks are ever put forward or back, and than any zone is from UTC. */
const NEAR_CHANGE_MS = 3 * HOUR_MS;
const FARTHEST_ZONE_MS = 12 * HOUR_MS;
/** Nothing is older in Jira. */
const BEGINNING = '1970-01-02 00:00';

/** In capitals, as Jira has it; null for what cannot be the key of a project. */
export function toProjectKey(text: string): string | null {
  const key = text.trim().toUpperCase();
  return PROJECT_KEY.test(key) ? key : null;
}

/** Words alone come into the query: nothing in them can end the text or mean something to Jira. */
export function toSearchJql(search: string | null): string {
  const words =
    toSearchWords(search)
      ?.replaceAll(/[#@/-]+/g, ' ')
      .trim() ?? '';
  return `${words === '' ? TWO_YEARS : `text ~ "${words}"`} ORDER BY updated DESC`;
}

/** @throws ConnectorError for a scope that cannot be a project. */
export function toProjectJql(scope: string): string {
  const key = toProjectKey(scope);
  if (key === null) throw new ConnectorError('This is no key of a Jira project. Enter one such as OPS.');
  return `project = "${key}"`;
}

/** What changed in this minute or later, the least recently changed first. `zone` is the one of whose credential it is. */
export function toSyncJql(query: {
  readonly scope: string | null;
  readonly from: number | null;
  readonly zone: string | null;
}): string {
  const since = query.from === null ? BEGINNING : toJqlMinute(query.from, query.zone);
  const project = query.scope === null ? '' : `${toProjectJql(query.scope)} AND `;
  return `${project}updated >= "${since}" ORDER BY updated ASC, key ASC`;
}

/**
 * A time as Jira reads it, in the zone of the one who asks: never later than `time`. Near a change of the clocks the same text
 * means two times; there it is taken from before the change. Where the zone is not known, any zone may be meant.
 */
export function toJqlMinute(time: number, zone: string | null): string {
  const format = zone === null ? null : formatOf(zone);
  if (format === null) return format24(utcFormat, time - FARTHEST_ZONE_MS);
  const offset = offsetAt(format, time);
  const isNearChange = [-NEAR_CHANGE_MS, NEAR_CHANGE_MS].some(
    (distance) => offsetAt(format, time + distance) !== offset,
  );
  return format24(format, isNearChange ? time - 2 * NEAR_CHANGE_MS : time);
}

const OPTIONS = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
} as const satisfies Intl.DateTimeFormatOptions;
const utcFormat = new Intl.DateTimeFormat('en-US', { ...OPTIONS, timeZone: 'UTC' });

function formatOf(zone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en-US', { ...OPTIONS, timeZone: zone });
  } catch {
    // A zone that is not known here is like none.
    return null;
  }
}

function format24(format: Intl.DateTimeFormat, time: number): string {
  const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
  const [year, month, day, hour, minute] = (['year', 'month', 'day', 'hour', 'minute'] as const).map(
    (type) => parts.get(type) ?? '',
  );
  return `${year}-${month}-${day} ${hour}:${minute}`;
}

/** How far the clocks of a zone are from UTC, in milliseconds, to the minute. */
function offsetAt(format: Intl.DateTimeFormat, time: number): number {
  const wall = Date.parse(`${format24(format, time).replace(' ', 'T')}:00Z`);
  return wall - Math.floor(time / 60_000) * 60_000;
}
