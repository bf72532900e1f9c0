/** Receives events and gives each its effect once, however often it is delivered. */
import { setTimeout as delay } from 'node:timers/promises';
import { FlowgridError, continueTrace, type Logger } from '@flowgrid/platform';
import type { EventType } from '../events/catalogue.ts';
import { parseEvent } from '../events/parse-event.ts';
import type { TypedEnvelope } from '../events/to-envelope.ts';
import type { SqlClient, TenantDatabase, TenantTransactions } from '../outbox/outbox-database.ts';
import type { SubscriptionName } from '../transport/topology.ts';
import type { Delivery, Transport } from '../transport/transport.ts';
import { purgeInboxPeriodically } from './purge.ts';

/** What is done with an event, in the transaction that also notes that it was. */
export type EventHandler<Type extends EventType, Tx> = (event: TypedEnvelope<Type>, tx: Tx) => Promise<void>;

/** A handler for each type that the consumer has a use for; the others are passed by. */
export type EventHandlers<Tx> = { readonly [Type in EventType]?: EventHandler<Type, Tx> };

export interface ConsumerOptions<Tx> {
  readonly transport: Pick<Transport, 'receive'>;
  readonly source: { readonly subscription: SubscriptionName };
  /** Under which the inbox remembers what this consumer has done; never renamed. */
  readonly name: string;
  readonly handlers: EventHandlers<Tx>;
  /** The service's database, whose schema has an `inbox_message` table. */
  readonly database: TenantTransactions<Tx> & Pick<TenantDatabase, 'withoutTenant'>;
  readonly logger: Logger;
  readonly concurrency?: number;
}

const CONCURRENCY = 8;
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 5_000;

/**
 * Starts to receive. An event of an unknown type, of a newer version or with data that is not as the catalogue says goes
 * to the dead letters with the reason. Disposing waits for what is under way.
 */
export function startConsumer<Tx extends Pick<SqlClient, '$executeRaw'>>(
  options: ConsumerOptions<Tx>,
): AsyncDisposable {
  const { transport, source, database, logger, concurrency = CONCURRENCY } = options;
  const receiver = transport.receive(source, (delivery) => consume(options, delivery), { concurrency });
  const purge = purgeInboxPeriodically({ database, logger });
  return {
    [Symbol.asyncDispose]: async () => {
      await receiver[Symbol.asyncDispose]();
      await purge[Symbol.asyncDispose]();
    },
  };
}

async function consume<Tx extends Pick<SqlClient, '$executeRaw'>>(
  options: ConsumerOptions<Tx>,
  delivery: Delivery,
): Promise<void> {
  const event = parseEvent(delivery);
  const work = workOn(options.handlers, event);
  if (work === null) return;
  await continueTrace({ name: `receive ${event.type}`, traceparent: event.traceparent }, () =>
    untilDone(options, { event, signal: delivery.signal, work }),
  );
}

async function untilDone<Tx extends Pick<SqlClient, '$executeRaw'>>(
  options: ConsumerOptions<Tx>,
  effect: Effect<Tx>,
): Promise<void> {
  const { event, signal } = effect;
  for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 2, LONGEST_RETRY_MS)) {
    try {
      await once(options, effect);
      return;
    } catch (error) {
      // A database that is away says nothing about the event: it waits here, and is not counted as failed.
      const isAway = error instanceof FlowgridError && error.code === 'SERVICE_UNAVAILABLE';
      if (!isAway) throw error;
      options.logger.warn({ eventId: event.id, retryInMs: wait }, 'an event waits for the database');
      await delay(wait, undefined, { signal });
    }
  }
}

/** The handler of the event's type, ready to be called. */
function workOn<Tx>(handlers: EventHandlers<Tx>, event: TypedEnvelope): ((tx: Tx) => Promise<void>) | null {
  // The lookup by the type of the event gives the handler of that type, which the compiler does not follow.
  const handler = handlers[event.type] as EventHandler<EventType, Tx> | undefined;
  return handler === undefined ? null : (tx) => handler(event, tx);
}

interface Effect<Tx> {
  readonly event: TypedEnvelope;
  readonly signal: AbortSignal;
  readonly work: (tx: Tx) => Promise<void>;
}

async function once<Tx extends Pick<SqlClient, '$executeRaw'>>(
  { database, name, logger }: ConsumerOptions<Tx>,
  { event, signal, work }: Effect<Tx>,
): Promise<void> {
  await database.inTenant(event.tenantid, async (tx) => {
    // A second delivery at the same time waits here until the first one has committed or failed.
    const isFirst = await tx.$executeRaw`
      INSERT INTO inbox_message (tenant_id, consumer, message_id)
      VALUES (${event.tenantid}::uuid, ${name}, ${event.id}::uuid) ON CONFLICT DO NOTHING`;
    if (isFirst === 0) {
      logger.debug({ eventId: event.id, consumer: name }, 'an event came again');
      return;
    }
    await work(tx);
    signal.throwIfAborted();
  });
}
