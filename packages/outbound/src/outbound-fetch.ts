/** Requests to servers that tenants name: public addresses only, no redirects, bounded in size and time. */
import type { FailureKind, OutsidePolicies } from '@flowgrid/platform';
import type { AllowedHost } from './allowed-hosts.ts';
import { NO_NETWORKS, type AllowedNetworks } from './allowed-networks.ts';
import { createDispatcher } from './dispatcher.ts';
import type { Resolve } from './guarded-connect.ts';
import { OutboundError, toOutboundError, type OutboundReason } from './outbound-error.ts';
import { createResolve } from './resolve-name.ts';
import { sendRequest, type OutboundRequest } from './send-request.ts';
import { findUrlProblem, type Reach } from './url-rules.ts';

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
  /** Hosts that may be reached by http, at their port and at private addresses. */
  readonly allowed: readonly AllowedHost[];
  /** Private networks whose servers may be reached by https; none if not given. */
  readonly networks?: AllowedNetworks;
  /** Connects in place of this process; none if not given. */
  readonly proxy?: URL | null;
  /** Null for a caller who keeps account of failures itself: each request is made once, whatever became of those before. */
  readonly policies: OutsidePolicies | null;
  /** The system's name servers if not given; its own lookup for the allowed hosts. */
  readonly resolve?: Resolve;
  /** From the request to the last byte of the answer. */
  readonly deadlineMs?: number;
  readonly maxResponseBytes?: number;
  /** Null for a caller who limits requests itself, so that none waits for those of others to the same server; 32 if not given. */
  readonly connectionsPerServer?: number | null;
}

const CONNECTIONS_PER_SERVER = 32;
const DEADLINE_MS = 10_000;
const MAX_RESPONSE_BYTES = 64 * 1024;
/** One more try: somebody waits for the answer. */
const POLICY = { name: 'outbound', classify: toFailureKind, retries: 1, opensForMs: 5_000 };
/** Failures that the server, or the way to it, is to blame for. */
const OUTAGES: ReadonlySet<OutboundReason> = new Set(['CONNECTION', 'TIMEOUT', 'TLS']);

/** Opens nothing before the first request. The caller owns it and disposes of it. */
export function createOutbound(options: OutboundOptions): Outbound {
  const deadlineMs = options.deadlineMs ?? DEADLINE_MS;
  const maxResponseBytes = options.maxResponseBytes ?? MAX_RESPONSE_BYTES;
  const reach = { hosts: options.allowed, networks: options.networks ?? NO_NETWORKS };
  const dispatcher = createDispatcher({
    reach,
    resolve: options.resolve ?? createResolve(options.allowed),
    deadlineMs,
    proxy: options.proxy ?? null,
    connections:
      options.connectionsPerServer === undefined ? CONNECTIONS_PER_SERVER : options.connectionsPerServer,
  });
  const limits = { dispatcher, deadlineMs, maxResponseBytes };
  return {
    findUrlProblem: (url) => findUrlProblem(url, reach),
    fetch: async (address, init = {}) => {
      const url = toUrl(address, reach);
      if (options.policies === null) return sendOnce(url, init, limits);
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

async function sendOnce(...request: Parameters<typeof sendRequest>): Promise<Response> {
  try {
    return await sendRequest(...request);
  } catch (error) {
    throw toOutboundError(error);
  }
}

function toUrl(address: string | URL, reach: Reach): URL {
  const url = URL.parse(String(address));
  const problem = url === null ? 'The address is not valid.' : findUrlProblem(url, reach);
  if (url === null || problem !== null)
    throw new OutboundError('REFUSED_URL', problem === null ? {} : { message: problem });
  return url;
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
