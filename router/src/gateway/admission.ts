/** What happens to a request before its operation is parsed: who asks, whether they may still ask, which document they mean. */
import { FlowgridError } from '@flowgrid/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readBearer } from '../identity/bearer.ts';
import type { Identity } from '../identity/identity.ts';
import { rateLimitHeaders, requireAllowed } from '../limits/rate-limit-answer.ts';
import type { Actor, RateLimiter } from '../limits/rate-limiter.ts';
import { isRecord } from './json.ts';
import type { OperationReader } from './operations.ts';
import type { PersistedQueries } from './persisted-queries.ts';

export interface AdmissionOptions {
  readonly identity: Identity;
  readonly reader: OperationReader;
  /** Null counts nothing. */
  readonly rateLimiter: RateLimiter | null;
  readonly persistedQueries: PersistedQueries;
  readonly clientAddressOf: (request: FastifyRequest['raw']) => string | null;
}

export interface Admission {
  /** Why the operation is refused, before anything else looks at it. */
  readonly errors: readonly unknown[] | null;
  /** The document that was named by its hash. */
  readonly persistedText: string | undefined;
}

/** Admits a request or says why not. Sets the headers of the rate limit. */
export async function admit(
  options: AdmissionOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Admission> {
  try {
    const { actor, refusal } = await identify(options.identity, request);
    await countOperation(options, { actor, request, reply });
    if (refusal) throw refusal;
    return await readAhead(options, request, actor?.tenantId ?? null);
  } catch (error) {
    if (!(error instanceof FlowgridError)) throw error;
    return { errors: [error], persistedText: undefined };
  }
}

interface Identified {
  /** Null for anonymous requests, and for those whose token does not hold: they are counted by their address. */
  readonly actor: Actor | null;
  readonly refusal: FlowgridError | null;
}

async function identify(identity: Identity, request: FastifyRequest): Promise<Identified> {
  try {
    const { actor } = await identity.resolve(readBearer(request.headers.authorization));
    return { actor, refusal: null };
  } catch (error) {
    if (!(error instanceof FlowgridError)) throw error;
    return { actor: null, refusal: error };
  }
}

async function countOperation(
  { rateLimiter, clientAddressOf }: AdmissionOptions,
  {
    actor,
    request,
    reply,
  }: { readonly actor: Actor | null; readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<void> {
  if (!rateLimiter) return;
  const outcome = await rateLimiter.take({ actor, clientAddress: clientAddressOf(request.raw) });
  void reply.headers(rateLimitHeaders(outcome));
  requireAllowed(outcome);
}

/** Reads the operation with the router's own limits before Apollo does. */
async function readAhead(
  { reader, persistedQueries }: AdmissionOptions,
  request: FastifyRequest,
  tenantId: string | null,
): Promise<Admission> {
  const carrier = request.method === 'POST' ? request.body : parametersOf(request);
  // What is not there or no text is refused by Apollo with the right status.
  if (!isRecord(carrier)) return ADMITTED;
  const query =
    typeof carrier['query'] === 'string' && carrier['query'] !== '' ? carrier['query'] : undefined;
  const persisted = await persistedQueries.find(toExtensions(carrier['extensions']), query, tenantId);
  const text = persisted?.text ?? query;
  if (text === undefined) return ADMITTED;
  const document = reader.readDocument(text);
  if ('errors' in document) return { errors: document.errors, persistedText: undefined };
  // Nobody waits for it: the answer does not depend on it.
  if (persisted?.isNew) void persistedQueries.register(persisted, tenantId);
  return { errors: null, persistedText: persisted?.text };
}

/** As Apollo reads them: another reader could see a harmless document where Apollo sees the one that runs. */
function parametersOf({ url }: FastifyRequest): Readonly<Record<string, string>> {
  return Object.fromEntries(URL.parse(url, 'http://router')?.searchParams ?? []);
}

const ADMITTED: Admission = { errors: null, persistedText: undefined };

/** In a GET they are JSON in the query string; what is none is refused by Apollo. */
function toExtensions(extensions: unknown): unknown {
  if (typeof extensions !== 'string') return extensions;
  try {
    return JSON.parse(extensions);
  } catch {
    // Apollo names the parameter in its answer.
    return undefined;
  }
}
