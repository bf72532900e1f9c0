/** Requests of a connection, each in its turn: within its limits, not while it is paused, and tried again with care. */
import { setTimeout as delay } from 'node:timers/promises';
import { OutboundError, toOutboundError, type OutboundFetch, type OutboundRequest } from '@flowgrid/outbound';
import { newId, type Clock, type Logger } from '@flowgrid/platform';
import { ConnectorError } from '../../adapters/connector-error.ts';
import type { ReadLimits } from '../../adapters/vendor-limits.ts';
import { ConnectionPaused } from './connection-paused.ts';
import type { RequestLimits } from './request-limits.ts';
import type { Observation } from './health.ts';
import type { ConnectionPlace, EndedTurn, Priority, TurnAnswer, TurnEnd, TurnStore } from './turn-store.ts';

export interface Gate {
  readonly turns: TurnStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Rejects with the signal's reason. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Between 0 and 1. */
  readonly random?: () => number;
}

export interface GatedConnection extends ConnectionPlace {
  /** For messages: GitHub. */
  readonly system: string;
  readonly limits: RequestLimits;
  readonly readLimits: ReadLimits;
  readonly priority: Priority;
  /** Told what is known of the connection after each request, by the response or error that it ended with. */
  readonly onEnd?: (tried: Response | OutboundError, observation: Observation) => void;
}

/** How long one request waits for its turn before it is given up. */
const PATIENCE_MS: Readonly<Record<Priority, number>> = {
  INTERACTIVE: 1_000,
  BACKGROUND: 5_000,
  TEST: 1_000,
};
/** A slot is asked for again after this, and a bit: who waits together does not ask together. */
const BUSY_POLL_MS = 50;
const MAX_RETRIES = 2;
const FIRST_RETRY_MS = 250;
const UNAUTHORIZED = 401;
const FORBIDDEN = 403;
const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;
/** After a refusal that says nothing at all. */
const UNNAMED_PAUSE_MS = 60_000;

export function gatedFetch(fetch: OutboundFetch, gate: Gate, connection: GatedConnection): OutboundFetch {
  return async (url, init = {}) => {
    for (let attempt = 0; ; attempt += 1) {
      const slot = await takeTurn(gate, connection, init);
      const tried = await send(fetch, url, init);
      const end = await judge(tried, { ...connection, signal: init.signal }, gate.clock.now());
      await giveBack(gate, connection, { slot, tried, ...end });
      const isOver = end.how !== 'OUTAGE' || init.isRepeatable !== true || attempt >= MAX_RETRIES;
      if (isOver || init.signal?.aborted === true) {
        if (tried instanceof OutboundError) throw tried;
        return tried;
      }
      await pauseFor(gate, jitter(gate, FIRST_RETRY_MS * 2 ** attempt), init.signal);
    }
  };
}

async function takeTurn(gate: Gate, connection: GatedConnection, init: OutboundRequest): Promise<string> {
  const slot = newId();
  let leftMs = PATIENCE_MS[connection.priority];
  for (;;) {
    const answer = await gate.turns.take({ ...connection, slot, isWrite: isWriting(init) });
    if (answer.outcome === 'TAKEN') return slot;
    const waitMs = waitFor(answer, gate);
    if (waitMs === null || waitMs > leftMs) throw toRefusal(answer, connection, gate.clock.now());
    await pauseFor(gate, waitMs, init.signal);
    leftMs -= waitMs;
  }
}

/** What ends by itself within moments is waited for; a pause that the other system asked for is not worth a look every second. */
function waitFor({ outcome, waitMs }: TurnAnswer, gate: Gate): number | null {
  if (outcome === 'BUSY') return BUSY_POLL_MS + jitter(gate, BUSY_POLL_MS);
  return outcome === 'EMPTY' ? waitMs : null;
}

function toRefusal({ outcome, waitMs }: TurnAnswer, { system }: GatedConnection, now: Date): ConnectorError {
  switch (outcome) {
    case 'GONE':
    case 'TAKEN':
      return new ConnectorError('The integration was deleted.');
    case 'STALE':
      return new ConnectorError('Address or credential of the integration changed meanwhile. Try again.');
    default:
      return new ConnectionPaused(system, outcome, new Date(now.getTime() + waitMs));
  }
}

/** The policy below tries nothing again: each try has a turn of its own. */
async function send(
  fetch: OutboundFetch,
  url: string | URL,
  init: OutboundRequest,
): Promise<Response | OutboundError> {
  try {
    return await fetch(url, { ...init, isRepeatable: false });
  } catch (error) {
    return toOutboundError(error);
  }
}

async function judge(
  tried: Response | OutboundError,
  { readLimits, signal }: Pick<GatedConnection, 'readLimits'> & { readonly signal: AbortSignal | undefined },
  now: Date,
): Promise<Pick<EndedTurn, 'how' | 'pause'>> {
  // Who leaves before the answer says nothing about the system; whose time is up waited for it in vain.
  const hasLeft = signal?.aborted === true && !isTimeout(signal.reason);
  if (tried instanceof OutboundError) return { how: hasLeft ? 'NOTHING' : howItFailed(tried), pause: null };
  const { pauseUntil } = await readLimits(tried, now);
  const isRefusal = tried.status === TOO_MANY_REQUESTS || (tried.status === FORBIDDEN && pauseUntil !== null);
  const pause = pauseUntil && { ms: pauseUntil.getTime() - now.getTime(), isNamed: namesTime(tried) };
  if (isRefusal) return { how: 'LIMITED', pause: pause ?? { ms: UNNAMED_PAUSE_MS, isNamed: false } };
  return { how: howItAnswered(tried.status, pause !== null), pause };
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}

/** Otherwise the pause is a guess, and doubles when it was too short. */
function namesTime({ headers }: Response): boolean {
  if (headers.has('retry-after')) return true;
  // GitHub tells the end of its hour with every answer: it is the end of this pause only when the hour is used up.
  return headers.has('x-ratelimit-reset') && (headers.get('x-ratelimit-remaining') ?? '0') === '0';
}

function howItAnswered(status: number, isPaused: boolean): TurnEnd {
  if (status >= SERVER_ERROR) return isPaused ? 'LIMITED' : 'OUTAGE';
  if (status === UNAUTHORIZED) return 'UNAUTHORIZED';
  return status === FORBIDDEN ? 'REFUSED' : 'ANSWERED';
}

function howItFailed({ reason }: OutboundError): TurnEnd {
  switch (reason) {
    case 'CONNECTION':
    case 'TIMEOUT':
      return 'OUTAGE';
    case 'TLS':
    case 'REDIRECT':
    case 'REFUSED_URL':
    case 'UNREACHABLE_ADDRESS':
      return 'MISDIRECTED';
    default:
      return 'NOTHING';
  }
}

function messageOf(tried: Response | OutboundError, { system }: GatedConnection): string {
  return tried instanceof OutboundError
    ? tried.message
    : `${system} answered with the status ${tried.status}.`;
}

/** What was answered counts, also when it cannot be noted: the slot runs out by itself. */
async function giveBack(
  { turns, logger }: Gate,
  connection: GatedConnection,
  { tried, ...end }: Omit<EndedTurn, keyof ConnectionPlace> & { readonly tried: Response | OutboundError },
): Promise<void> {
  const { tenantId, integrationId, connectionRevision, onEnd } = connection;
  try {
    const facts = await turns.end({ tenantId, integrationId, connectionRevision, ...end });
    if (facts !== null) onEnd?.(tried, { how: end.how, message: messageOf(tried, connection), facts });
  } catch (error) {
    logger.warn({ err: error, integrationId }, 'how a request went could not be noted');
  }
}

async function pauseFor(gate: Gate, ms: number, signal = new AbortController().signal): Promise<void> {
  try {
    await (gate.wait ?? waitBySystem)(ms, signal);
  } catch (error) {
    throw toOutboundError(error);
  }
}

async function waitBySystem(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal });
}

function jitter({ random = Math.random }: Gate, ms: number): number {
  return random() * ms;
}

/** Questions that are sent by POST say that they may be repeated. */
function isWriting({ method = 'GET', isRepeatable }: OutboundRequest): boolean {
  return method !== 'GET' && method !== 'HEAD' && isRepeatable !== true;
}
