/**
 * Follows what changes in a Jira. Its query language knows minutes alone, in the zone of the one who asks, and its index lags
 * behind: each run begins a little before the end of the last one, and leaves out what came then and is still the same.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '@flowgrid/platform';
import { ConnectorError, unreadableAnswer } from '../connector-error.ts';
import type { ExternalItem, SyncPage, SyncQuery } from '../external-item.ts';
import { readOffsetPage, readTokenPage } from './jira-issues.ts';
import { askJira, JIRA, JiraRefusal } from './jira-request.ts';
import { apiPath, type JiraSite } from './jira-site.ts';
import { toSyncJql } from './jql.ts';

const MINUTE_MS = 60_000;
const OVERLAP_MS = 2 * MINUTE_MS;
const MAX_TOKEN_LENGTH = 2_000;
/** What comes again beyond these is harmless. */
const MAX_RECENT = 60;
const FINGERPRINT_LENGTH = 12;

const zone = z.string().max(100).nullable();
const time = z.number().int();
const placeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('TOKEN'), zone, token: z.string().max(MAX_TOKEN_LENGTH) }),
  z.object({
    kind: z.literal('OFFSET'),
    zone,
    /** Of the last item that came: when another one is there now, what was counted has moved. */
    startAt: z.number().int().min(0),
    key: z.string().max(500),
    updated: time.nullable(),
  }),
]);
const cursorSchema = z.object({
  version: z.literal(1),
  scope: z.string().nullable(),
  /** The minute from which the query asks; null for the beginning. */
  from: time.nullable(),
  /** The last change that came. */
  last: time.nullable(),
  /** What came of the last minutes: its time and its fingerprint. */
  recent: z.array(z.tuple([time, z.string()])).max(MAX_RECENT),
  /** Where in the answer of that query; null for its beginning. */
  place: placeSchema.nullable(),
  /** True after a token that was refused, until another one is taken. */
  isRestarted: z.boolean(),
});
type Cursor = z.output<typeof cursorSchema>;
type Place = z.output<typeof placeSchema>;

/** What the other system gave, before anything is left out. */
interface RawPage {
  readonly items: readonly ExternalItem[];
  /** Null after the last page. */
  readonly place: Place | null;
  /** True when its place is no longer there: the query is asked from the last minute on. */
  readonly isMoved: boolean;
  readonly isRestarted: boolean;
}

export async function syncJira(site: JiraSite, query: SyncQuery, clock: Clock): Promise<SyncPage> {
  const cursor = readCursor(query);
  const page = await readPage(site, cursor, query.size);
  const last = page.items.reduce<number>(
    (newest, { updatedAt }) => Math.max(newest, updatedAt?.getTime() ?? newest),
    cursor.last ?? -Infinity,
  );
  const reached = { ...cursor, last: last === -Infinity ? null : last };
  const hasMore = page.isMoved || page.place !== null;
  const from = page.place === null ? beginningAfter(reached, hasMore, clock) : cursor.from;
  const known = new Set(cursor.recent.map(([, fingerprint]) => fingerprint));
  const fresh = page.items.filter((item) => !known.has(toFingerprint(item)));
  const recent = [...cursor.recent, ...fresh.map(toRecent)]
    .filter(([updated]) => updated >= (reached.last ?? updated) - OVERLAP_MS - MINUTE_MS)
    .slice(-MAX_RECENT);
  const { place, isRestarted } = page;
  const next: Cursor = { ...reached, from, recent, place, isRestarted };
  return { items: fresh, cursor: JSON.stringify(next), hasMore };
}

/** What is no cursor of this scope is the beginning: everything comes again. */
function readCursor({ cursor, scope }: SyncQuery): Cursor {
  const nothing = { from: null, last: null, recent: [], place: null, isRestarted: false };
  const beginning: Cursor = { version: 1, scope, ...nothing };
  try {
    const read = cursorSchema.parse(JSON.parse(cursor ?? 'null'));
    return read.scope === scope ? read : beginning;
  } catch {
    // The first run, or a cursor of another release.
    return beginning;
  }
}

/**
 * Where the next query begins: in the last minute that was seen when this one goes on, and a little before it when this was all.
 * Never later than now, whatever time an imported issue claims, and never before where this query began.
 */
function beginningAfter({ from, last }: Cursor, hasMore: boolean, clock: Clock): number | null {
  if (last === null) return from;
  const reached = Math.min(last, clock.now().getTime());
  const beginning = Math.floor(reached / MINUTE_MS) * MINUTE_MS - (hasMore ? 0 : OVERLAP_MS);
  return Math.max(beginning, from ?? beginning);
}

async function readPage(site: JiraSite, cursor: Cursor, size: number): Promise<RawPage> {
  const zoneName = cursor.place === null ? await readZone(site) : cursor.place.zone;
  const jql = toSyncJql({ scope: cursor.scope, from: cursor.from, zone: zoneName });
  const read = site.edition === 'CLOUD' ? readByToken : readByOffset;
  try {
    return await read(site, { cursor, jql, size, zone: zoneName });
  } catch (error) {
    const isOfScope = cursor.scope !== null && cursor.place === null;
    if (!isOfScope || !(error instanceof JiraRefusal)) throw error;
    throw new ConnectorError(
      `Jira shows this credential no project ${cursor.scope}. It needs the permission "Browse Projects".`,
      { status: 400 },
    );
  }
}

interface PageQuery {
  readonly cursor: Cursor;
  readonly jql: string;
  readonly size: number;
  readonly zone: string | null;
}

/** A token stands for the values of the last item by which the query orders: what changes meanwhile moves to the end. */
async function readByToken(site: JiraSite, { cursor, jql, size, zone: name }: PageQuery): Promise<RawPage> {
  const token = cursor.place?.kind === 'TOKEN' ? cursor.place.token : null;
  const isRestarted = cursor.isRestarted && token === null;
  try {
    const { items, next } = await readTokenPage(site, { jql, size, token });
    if (next === null) return { items, place: null, isMoved: false, isRestarted: false };
    if (next.length > MAX_TOKEN_LENGTH) throw unreadableAnswer(JIRA.system);
    return { items, place: { kind: 'TOKEN', zone: name, token: next }, isMoved: false, isRestarted };
  } catch (error) {
    // Tokens grow old: a sync that was left for days goes on by the time of what came last.
    if (token === null || cursor.isRestarted || !(error instanceof JiraRefusal)) throw error;
    return { items: [], place: null, isMoved: true, isRestarted: true };
  }
}

/**
 * What changes meanwhile moves to the end, and what follows it moves up: a page that is counted would pass it over. So each page
 * begins with the last item of the one before, which stands there as long as nothing before it has moved.
 */
async function readByOffset(site: JiraSite, { cursor, jql, size, zone: name }: PageQuery): Promise<RawPage> {
  const place = cursor.place?.kind === 'OFFSET' ? cursor.place : null;
  const startAt = place?.startAt ?? 0;
  const { items, total } = await readOffsetPage(site, {
    jql,
    size: place === null ? size : size + 1,
    startAt,
  });
  const [first] = items;
  if (place !== null && (first?.key !== place.key || updatedOf(first) !== place.updated)) {
    return { items, place: null, isMoved: true, isRestarted: false };
  }
  const end = startAt + items.length;
  const last = items.at(-1);
  const isLast = end >= total || last === undefined || items.length <= (place === null ? 0 : 1);
  return {
    items: place === null ? items : items.slice(1),
    place: isLast
      ? null
      : { kind: 'OFFSET', zone: name, startAt: end - 1, key: last.key, updated: updatedOf(last) },
    isMoved: false,
    isRestarted: false,
  };
}

const updatedOf = (item: ExternalItem): number | null => item.updatedAt?.getTime() ?? null;

/** The zone in which Jira reads times; null where it does not tell. */
async function readZone(site: JiraSite): Promise<string | null> {
  try {
    const schema = z.object({ timeZone: z.string().max(100).nullish() });
    const { timeZone } = await askJira(site, { path: apiPath(site, 'myself') }, schema);
    return timeZone ?? null;
  } catch (error) {
    // An app may be allowed to read issues and not whose they are.
    if (error instanceof ConnectorError && error.status === 403) return null;
    throw error;
  }
}

function toRecent(item: ExternalItem): [number, string] {
  return [updatedOf(item) ?? 0, toFingerprint(item)];
}

function toFingerprint(item: ExternalItem): string {
  return createHash('sha256').update(JSON.stringify(item)).digest('base64url').slice(0, FINGERPRINT_LENGTH);
}
