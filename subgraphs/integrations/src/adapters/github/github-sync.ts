/**
 * Issues by the time of their last change, the oldest first. Each page begins at the time at which the one before ended, so that nothing
 * moves out of the way between two pages; GitHub counts in seconds, so those of the last second come again.
 */
import type { Octokit } from '@octokit/rest';
import { z } from 'zod';
import type { ExternalItem, SyncPage, SyncQuery } from '../external-item.ts';
import { isRefusal, parseAnswer } from './github-client.ts';
import { hasNext, issuesSchema, toItem, type Issue } from './github-issues.ts';
import { listRepositories, parseRepository, requireRepository } from './github-repositories.ts';
import type { RepositoryPlace } from './github-repositories.ts';

/** Where one list of issues goes on. */
const positionSchema = z.object({
  /** Changed at this time or later; null for all. */
  since: z.iso.datetime().nullable(),
  /** How many pages of this time were read: more of the same second than a page holds. */
  pages: z.number().int().min(0).max(10_000),
  /** The last item of those pages: while it is in its place, nothing before it has left. */
  last: z.string().max(500).nullable(),
  size: z.number().int().min(1).max(100),
});
type Position = z.output<typeof positionSchema>;

/** One repository after the other, for credentials that have no list over all. Each round begins where the one before began. */
const roundSchema = z.object({
  since: z.iso.datetime().nullable(),
  startedAt: z.iso.datetime(),
  /** The repository that is read. */
  repository: z.object({ id: z.number(), name: z.string().max(200) }),
  position: positionSchema,
});
type Round = z.output<typeof roundSchema>;

const cursorSchema = z.union([
  z.object({ all: positionSchema }),
  z.object({ repository: positionSchema }),
  z.object({ round: roundSchema }),
  z.object({ rounds: z.object({ since: z.iso.datetime().nullable() }) }),
]);
type Cursor = z.output<typeof cursorSchema>;

interface IssuePage {
  readonly issues: readonly Issue[];
  readonly hasMore: boolean;
}
type ReadIssues = (query: {
  readonly since: string | null;
  readonly page: number;
  readonly size: number;
}) => Promise<IssuePage>;

interface Read {
  readonly items: readonly ExternalItem[];
  readonly next: Position;
  readonly hasMore: boolean;
}

const MAX_SIZE = 100;
/** What was changed may be shown a little later than what was changed after it. */
const LAG_MS = 10_000;
/** Clocks differ, too: a round's beginning is this machine's. */
const ROUND_MARGIN_MS = 60_000;
const ORDER = { state: 'all', sort: 'updated', direction: 'asc' } as const;

export async function syncIssues(octokit: Octokit, query: SyncQuery): Promise<SyncPage> {
  const cursor = parseCursor(query.cursor);
  const size = Math.min(query.size, MAX_SIZE);
  if (query.scope !== null) {
    const position =
      cursor !== null && 'repository' in cursor ? resized(cursor.repository, size) : beginning(null, size);
    const read = await readOn(issuesOf(octokit, requireRepository(query.scope)), position);
    return toPage(read, { repository: read.next });
  }
  if (cursor === null || 'all' in cursor || 'repository' in cursor) {
    const position = cursor !== null && 'all' in cursor ? resized(cursor.all, size) : beginning(null, size);
    try {
      const read = await readOn(allIssues(octokit), position);
      return toPage(read, { all: read.next });
    } catch (error) {
      // Installations of apps have no list over all repositories.
      if (!isRefusal(error, [403, 404]) || position.since !== null) throw error;
    }
  }
  return syncRound(octokit, cursor, size);
}

function parseCursor(text: string | null): Cursor | null {
  if (text === null) return null;
  try {
    return cursorSchema.parse(JSON.parse(text));
  } catch {
    // Whatever is none of ours begins anew: things come twice, and nothing is passed over.
    return null;
  }
}

const beginning = (since: string | null, size: number): Position => ({ since, pages: 0, last: null, size });

/** Pages of a second are counted in one size: where they are too large, the second is read again in smaller ones. */
function resized(position: Position, size: number): Position {
  if (position.pages === 0) return { ...position, size };
  return size < position.size ? beginning(position.since, size) : position;
}

function toPage({ items, hasMore }: Read, cursor: Cursor): SyncPage {
  return { items, cursor: JSON.stringify(cursor), hasMore };
}

function issuesOf(octokit: Octokit, place: RepositoryPlace): ReadIssues {
  return async ({ since, page, size }) => {
    const { data, headers } = await octokit.rest.issues.listForRepo({
      ...place,
      ...ORDER,
      ...(since !== null && { since }),
      page,
      per_page: size,
    });
    return { issues: parseAnswer(issuesSchema, data), hasMore: hasNext(headers.link) };
  };
}

function allIssues(octokit: Octokit): ReadIssues {
  return async ({ since, page, size }) => {
    const { data, headers } = await octokit.rest.issues.list({
      ...ORDER,
      filter: 'all',
      ...(since !== null && { since }),
      page,
      per_page: size,
    });
    return { issues: parseAnswer(issuesSchema, data), hasMore: hasNext(headers.link) };
  };
}

/** The page after `position`. */
async function readOn(read: ReadIssues, position: Position): Promise<Read> {
  const { since, pages, size } = position;
  const { issues, hasMore } = await read({ since, page: pages + 1, size });
  if (pages > 0 && !(await isInPlace(read, position))) {
    // What left the second has moved the others up, over the border of the pages: this second is read again.
    return readOn(read, beginning(since, size));
  }
  const last = issues.at(-1);
  const time = last?.updated_at ?? null;
  const items = issues.map(toItem);
  if (last === undefined || time === null)
    return { items, next: { ...position, pages: 0, last: null }, hasMore };
  if (!hasMore) return { items, next: beginning(before(time, LAG_MS), size), hasMore };
  // A page of one second alone does not lead on by time.
  const isOneSecond = issues[0]?.updated_at === time && (pages === 0 || time === since);
  if (!isOneSecond) return { items, next: beginning(time, size), hasMore };
  return { items, next: { since: time, pages: pages + 1, last: keyOf(last), size }, hasMore };
}

function before(time: string, ms: number): string {
  return new Date(Date.parse(time) - ms).toISOString();
}

/** Asked after the page behind it was read: what is still in its place now was there then. */
async function isInPlace(read: ReadIssues, { since, pages, last, size }: Position): Promise<boolean> {
  const { issues } = await read({ since, page: pages, size });
  const end = issues.at(-1);
  return issues.length === size && end !== undefined && keyOf(end) === last;
}

const keyOf = (issue: Issue): string => toItem(issue).key;

async function syncRound(octokit: Octokit, cursor: Cursor | null, size: number): Promise<SyncPage> {
  const running = cursor !== null && 'round' in cursor ? cursor.round : null;
  const since = cursor !== null && 'rounds' in cursor ? cursor.rounds.since : null;
  const round = running ?? (await nextInRound(octokit, { since, startedAt: startOfRound(), after: 0, size }));
  if (round === null) return { items: [], cursor: JSON.stringify({ rounds: { since } }), hasMore: false };
  const read = await readRepository(octokit, { ...round, position: resized(round.position, size) });
  if (read.hasMore) return toPage(read, { round: { ...round, position: read.next } });
  const next = await nextInRound(octokit, { ...round, after: round.repository.id, size });
  if (next !== null) return toPage({ ...read, hasMore: true }, { round: next });
  return toPage({ ...read, hasMore: false }, { rounds: { since: round.startedAt } });
}

/** What changes in a repository after it was read comes in the next round, which begins here. */
function startOfRound(): string {
  return before(new Date().toISOString(), ROUND_MARGIN_MS);
}

async function nextInRound(
  octokit: Octokit,
  { since, startedAt, after, size }: Pick<Round, 'since' | 'startedAt'> & { after: number; size: number },
): Promise<Round | null> {
  const { repositories } = await listRepositories(octokit);
  const [next] = repositories.filter(({ id }) => id > after).toSorted((one, other) => one.id - other.id);
  if (next === undefined) return null;
  const repository = { id: next.id, name: next.full_name };
  return { since, startedAt, repository, position: beginning(since, size) };
}

/** A repository that went away, or has no issues, holds no other one up. */
async function readRepository(octokit: Octokit, { repository, position }: Round): Promise<Read> {
  const place = parseRepository(repository.name);
  const nothing: Read = { items: [], next: position, hasMore: false };
  if (place === null) return nothing;
  try {
    return await readOn(issuesOf(octokit, place), position);
  } catch (error) {
    if (isRefusal(error, [404, 410])) return nothing;
    throw error;
  }
}
