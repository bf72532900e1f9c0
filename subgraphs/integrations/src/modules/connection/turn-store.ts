/** Turns at connections, counted in one row per connection that all processes share. Each call is one short statement. */
import { z } from 'zod';
import type { IntegrationsDatabase } from '../../database.ts';
import { INTEGRATION_STATUSES } from '../integration/integration.ts';
import { reserveOf, type RequestLimits } from './request-limits.ts';

/** Which connection, as it was when it was opened. */
export interface ConnectionPlace {
  readonly tenantId: string;
  readonly integrationId: string;
  readonly connectionRevision: number;
}

/** INTERACTIVE: somebody waits for the answer. BACKGROUND: nobody does. TEST: to see whether a system that was left alone is there again. */
export type Priority = 'INTERACTIVE' | 'BACKGROUND' | 'TEST';

export interface TurnRequest extends ConnectionPlace {
  readonly slot: string;
  readonly isWrite: boolean;
  readonly priority: Priority;
  readonly limits: RequestLimits;
}

const takenSchema = z.tuple([
  z.object({
    outcome: z.enum(['TAKEN', 'PAUSED', 'OPEN', 'BUSY', 'EMPTY', 'STALE', 'GONE']),
    wait_seconds: z.number(),
  }),
]);

/** How long until it is worth asking again; nothing when the turn was taken. */
export interface TurnAnswer {
  readonly outcome: z.output<typeof takenSchema>[0]['outcome'];
  readonly waitMs: number;
}

/** How a request went. REFUSED is 403, UNAUTHORIZED 401; NOTHING when nobody waited for the end. */
export type TurnEnd =
  | 'ANSWERED'
  | 'REFUSED'
  | 'UNAUTHORIZED'
  | 'LIMITED'
  | 'OUTAGE'
  | 'MISDIRECTED'
  | 'NOTHING';

export interface Pause {
  readonly ms: number;
  /** False where the other system names no time: then it doubles with each pause in a row. */
  readonly isNamed: boolean;
}

export interface EndedTurn extends ConnectionPlace {
  readonly slot: string;
  readonly how: TurnEnd;
  /** What the answer asks for; null for nothing. */
  readonly pause: Pause | null;
}

const factsSchema = z.object({
  status: z.enum(INTEGRATION_STATUSES),
  /** Within the last ten minutes. */
  troubles: z.number(),
  /** In a row. */
  refusals: z.number(),
  /** In a row. */
  successes: z.number(),
  pause_left: z.number(),
});

/** What is known of a connection after a request. */
export type ConnectionFacts = Omit<z.output<typeof factsSchema>, 'pause_left'> & {
  readonly pauseLeftMs: number;
};

export interface TurnStore {
  take(request: TurnRequest): Promise<TurnAnswer>;
  /** Null when address or credential are others meanwhile, or the integration is gone. */
  end(turn: EndedTurn): Promise<ConnectionFacts | null>;
}

/** No answer is waited for so long: a slot that is held longer belongs to a process that was killed. */
const LEASE_SECONDS = 30;
const SECONDS_PER_MINUTE = 60;
/** Where writes have no limit of their own. */
const UNLIMITED = { burst: 1e9, perMinute: 1e9 };

export function createTurnStore(
  database: Pick<IntegrationsDatabase, 'inTenant'>,
  { leaseSeconds = LEASE_SECONDS }: { readonly leaseSeconds?: number } = {},
): TurnStore {
  return {
    take: (request) =>
      database.inTenant(request.tenantId, async (tx) => {
        const { tenantId, integrationId, connectionRevision, slot, isWrite, priority, limits } = request;
        const { requests, writes, atOnce } = limits;
        const { burst, perMinute } = writes ?? UNLIMITED;
        const isBackground = priority === 'BACKGROUND';
        const reserve = isBackground ? reserveOf(limits) : 0;
        // One slot is for those who wait at a screen: many syncs at once would hold all of them.
        const slots = isBackground ? Math.max(1, atOnce - 1) : atOnce;
        const rows = await tx.$queryRaw`
          SELECT outcome, wait_seconds FROM take_connection_turn(
            ${tenantId}::uuid, ${integrationId}::uuid, ${connectionRevision}::integer, ${slot}::uuid,
            ${isWrite}::boolean, ${priority === 'TEST'}::boolean, ${reserve}::double precision,
            ${requests.burst}::double precision, ${requests.perMinute / SECONDS_PER_MINUTE}::double precision,
            ${burst}::double precision, ${perMinute / SECONDS_PER_MINUTE}::double precision,
            ${slots}::integer, ${leaseSeconds}::double precision)`;
        const [{ outcome, wait_seconds: waitSeconds }] = takenSchema.parse(rows);
        return { outcome, waitMs: waitSeconds * 1000 };
      }),
    end: ({ tenantId, integrationId, connectionRevision, slot, how, pause }) =>
      database.inTenant(tenantId, async (tx) => {
        const pauseSeconds = pause && ((pause.isNamed ? 1 : -1) * Math.max(1, pause.ms)) / 1000;
        const rows = await tx.$queryRaw`
          SELECT status, troubles, refusals, successes, pause_left FROM end_connection_turn(
            ${tenantId}::uuid, ${integrationId}::uuid, ${connectionRevision}::integer, ${slot}::uuid,
            ${how}, ${pauseSeconds}::double precision)`;
        const [facts] = z.array(factsSchema).parse(rows);
        if (facts === undefined) return null;
        const { pause_left: pauseLeft, ...rest } = facts;
        return { ...rest, pauseLeftMs: pauseLeft * 1000 };
      }),
  };
}
