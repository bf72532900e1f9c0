/**
 * Automatic persisted queries: a client sends the SHA-256 of a document it sent before instead of the document.
 *
 * Documents are kept per tenant, and those of anonymous operations in the global scope. A hash always means the same text, so one
 * scope for all could not be poisoned; but whoever guesses a document could learn from the answer that somebody else uses it, names
 * and ids written into it included, and one tenant could crowd out the documents of all others.
 */
import { createHash } from 'node:crypto';
import { Counter, FlowgridError, type Registry } from '@flowgrid/platform';
import type { CacheSpace, SharedState } from '@flowgrid/shared-state';
import { z } from 'zod';

/** Larger documents run, but are not kept. */
const MAX_KEPT_BYTES = 16 * 1024;
const KEPT_SECONDS = 24 * 60 * 60;
/** New documents of one scope; beyond that they run, but are not kept. A client has some dozens of them. */
const REGISTRATIONS = { limit: 200, windowSeconds: 3600 };

const extensionModel = z.object({
  persistedQuery: z.object({ version: z.literal(1), sha256Hash: z.string().regex(/^[\da-f]{64}$/) }),
});

export interface PersistedQueriesOptions {
  readonly sharedState: Pick<SharedState, 'cache' | 'rateLimits'>;
  readonly registry: Registry;
}

/** What a request said about its document. */
export interface PersistedQuery {
  readonly sha256Hash: string;
  readonly text: string;
  readonly isNew: boolean;
}

export class PersistedQueries {
  readonly #options: PersistedQueriesOptions;
  readonly #outcomes: Counter<'outcome'>;

  constructor(options: PersistedQueriesOptions) {
    this.#options = options;
    this.#outcomes = new Counter({
      name: 'router_persisted_queries_total',
      help: 'Operations that named their document by its hash: found, not_found, or sent along and registered.',
      labelNames: ['outcome'],
      registers: [options.registry],
    });
  }

  /**
   * The document that a request with the extension means; null for a request without it.
   * @throws FlowgridError `BAD_USER_INPUT` for another version or a hash of another text, `PERSISTED_QUERY_NOT_FOUND`.
   */
  async find(
    extensions: unknown,
    query: string | undefined,
    tenantId: string | null,
  ): Promise<PersistedQuery | null> {
    const sha256Hash = readHash(extensions);
    if (sha256Hash === null) return null;
    if (query !== undefined) {
      if (hashOf(query) !== sha256Hash) {
        throw new FlowgridError(
          'BAD_USER_INPUT',
          'The hash in extensions.persistedQuery is not that of the query.',
        );
      }
      return { sha256Hash, text: query, isNew: true };
    }
    const text = await this.#options.sharedState.cache.get(spaceOf(tenantId, sha256Hash), sha256Hash);
    this.#outcomes.inc({ outcome: text === undefined ? 'not_found' : 'found' });
    // The message is the one that clients look for.
    if (text === undefined) throw new FlowgridError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
    return { sha256Hash, text, isNew: false };
  }

  /** Keeps a document that was found valid. Best effort: who does not find it sends it again. */
  async register({ sha256Hash, text }: PersistedQuery, tenantId: string | null): Promise<void> {
    const { cache, rateLimits } = this.#options.sharedState;
    if (Buffer.byteLength(text) > MAX_KEPT_BYTES) return;
    const space = spaceOf(tenantId, sha256Hash);
    if ((await cache.get(space, sha256Hash)) !== undefined) return;
    const { isAllowed } = await rateLimits.take(['persisted-queries', tenantId ?? ''], REGISTRATIONS);
    if (!isAllowed) return;
    if (await cache.set(space, { key: sha256Hash, value: text, ttlSeconds: KEPT_SECONDS })) {
      this.#outcomes.inc({ outcome: 'registered' });
    }
  }
}

function readHash(extensions: unknown): string | null {
  if (typeof extensions !== 'object' || extensions === null || !('persistedQuery' in extensions)) return null;
  const read = extensionModel.safeParse(extensions);
  if (read.success) return read.data.persistedQuery.sha256Hash;
  throw new FlowgridError(
    'BAD_USER_INPUT',
    'extensions.persistedQuery has to be { version: 1, sha256Hash: <SHA-256 in hexadecimal> }.',
  );
}

function spaceOf(tenantId: string | null, sha256Hash: string): CacheSpace<string> {
  return {
    namespace: 'persisted-query',
    scope: tenantId === null ? 'global' : { tenantId },
    parse: (stored) =>
      z
        .string()
        .refine((text) => hashOf(text) === sha256Hash)
        .parse(stored),
  };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
