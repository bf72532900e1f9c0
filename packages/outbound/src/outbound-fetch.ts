/** Requests to servers that tenants name: public addresses only, no redirects, bounded in size and time. */
import type { FailureKind, OutsidePolicies } from '@flowgrid/platform';
import { Agent } from 'undici';
import type { AllowedHost } from './allowed-hosts.ts';
import { createGuardedConnector, resolveBySystem, type Resolve } from './guarded-connect.ts';
import { OutboundError, toOutboundError, type OutboundReason } from './outbound-error.ts';
import { sendRequest, type OutboundRequest } from './send-request.ts';
import { findUrlProblem } from './url-rules.ts';

/**
 * Answers with the complete response, its body already read.
 * @throws OutboundError when the address is refused or no usable answer comes.
 */
export type OutboundFetch = (url: string | URL, init?: OutboundRequest) => Promise<Response>;

export interface Outbound extends AsyncDisposable {
  readonly fetch: OutboundFetch;
  /** What is wrong with an address as it is written, or null. */
  readonly findUrlProblem: (url: URL) => string | null;
}

export interface OutboundOptions {
  readonly allowed: readonly AllowedHost[];
  readonly policies: OutsidePolicies;
  readonly resolve?: Resolve;
  /** From the request to the last byte of the answer. */
  readonly deadlineMs?: number;
  readonly maxResponseBytes?: number;
}

const DEADLINE_MS = 10_000;
const MAX_RESPONSE_BYTES = 64 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;
const CONNECTIONS_PER_SERVER = 32;
const KEEP_ALIVE_MS = 4_000;
/** One more try: somebody waits for the answer. */
const POLICY = { name: 'outbound', classify: toFailureKind, retries: 1, opensForMs: 5_000 };
/** Failures that the server, or the way to it, is to blame for. */
const OUTAGES: ReadonlySet<OutboundReason> = new Set(['CONNECTION', 'TIMEOUT', 'TLS']);

/** Opens nothing before the first request. The caller owns it and disposes of it. */
export function createOutbound(options: OutboundOptions): Outbound {
  const deadlineMs = options.deadlineMs ?? DEADLINE_MS;
  const maxResponseBytes = options.maxResponseBytes ?? MAX_RESPONSE_BYTES;
  const dispatcher = new Agent({
    connect: createGuardedConnector({
      allowed: options.allowed,
      resolve: options.resolve ?? resolveBySystem,
    }),
    connections: CONNECTIONS_PER_SERVER,
    pipelining: 1,
    headersTimeout: deadlineMs,
    bodyTimeout: deadlineMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    // A connection carries the requests to one name, one after the other.
    allowH2: false,
  });
  const limits = { dispatcher, deadlineMs, maxResponseBytes };
  return {
    findUrlProblem: (url) => findUrlProblem(url, options.allowed),
    fetch: async (address, init = {}) => {
      const url = new URL(address);
      const problem = findUrlProblem(url, options.allowed);
      if (problem !== null) throw new OutboundError('REFUSED_URL', { message: problem });
      const policy = options.policies.get(
        { ...POLICY, totalTimeoutMs: deadlineMs, tryTimeoutMs: deadlineMs },
        `${init.connection ?? ''} ${url.origin}`,
      );
      try {
        return await policy.run(
          async (signal) => {
            const response = await sendRequest(url, { ...init, signal }, limits);
            if (response.status >= 500) throw new ServerFailure(response);
            return response;
          },
          { signal: init.signal, isRepeatable: init.isRepeatable ?? false },
        );
      } catch (error) {
        if (error instanceof ServerFailure) return error.response;
        throw toOutboundError(error);
      }
    },
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}

/** The server says itself that it fails: it counts as one that does not answer, and the answer is given on. */
class ServerFailure extends Error {
  readonly response: Response;

  constructor(response: Response) {
    super(`status ${response.status}`);
    this.response = response;
  }
}

function toFailureKind(error: unknown): FailureKind {
  if (error instanceof ServerFailure) return 'outage';
  return OUTAGES.has(toOutboundError(error).reason) ? 'outage' : 'answered';
}
