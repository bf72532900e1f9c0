/** Receives events and gives each its effect once, however often it is delivered. */
import { setTimeout as delay } from 'node:timers/promises';
import { FlowgridError, continueTrace, type Logger, type Registry } from '@flowgrid/platform';
import type { EventType } from '../events/catalogue.ts';
import { parseEvent } from '../events/parse-event.ts';
import type { TypedEnvelope } from '../events/to-envelope.ts';
import type { SqlClient, TenantDatabase, TenantTransactions } from '../outbox/outbox-database.ts';
import { SUBSCRIPTIONS, type SubscriptionName } from '../transport/topology.ts';
import { DeadLetterError, type Delivery, type Transport } from '../transport/transport.ts';
import { createConsumerMetrics, type ConsumeOutcome, type ConsumerMetrics } from './consumer-metrics.ts';
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
  /** Gets what became of the deliveries, and how late they were. */
  readonly registry?: Registry;
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
  const metrics = createConsumerMetrics(options.name, options.registry);
  const receiver = transport.receive(source, (delivery) => consumeCounted(options, delivery, metrics), {
    concurrency,
  });
  const purge = purgeInboxPeriodically({ database, logger });
  return {
    [Symbol.asyncDispose]: async () => {
      await receiver[Symbol.asyncDispose]();
      await purge[Symbol.asyncDispose]();
    },
  };
}

async function consumeCounted<Tx extends Pick<SqlClient, '$executeRaw'>>(
  options: ConsumerOptions<Tx>,
  delivery: Delivery,
  metrics: ConsumerMetrics,
): Promise<void> {
  try {
    const { outcome, event } = await consume(options, delivery);
    metrics.count(outcome);
    if (outcome === 'done') metrics.observeDelay(event.time);
  } catch (error) {
    const isDead = error instanceof DeadLetterError || isLastDelivery(options, delivery);
    metrics.count(isDead ? 'dead' : 'failed');
    if (isDead) {
      const { id: messageId, type, attempt } = delivery;
      options.logger.error({ err: error, messageId, type, attempt }, 'an event is a dead letter');
    }
    throw error;
  }
}

function isLastDelivery<Tx>({ source }: ConsumerOptions<Tx>, { attempt, signal }: Delivery): boolean {
  return !signal.aborted && attempt >= SUBSCRIPTIONS[source.subscription].maxDeliveries;
}

async function consume<Tx extends Pick<SqlClient, '$executeRaw'>>(
  options: ConsumerOptions<Tx>,
  delivery: Delivery,
): Promise<{ readonly outcome: ConsumeOutcome; readonly event: TypedEnvelope }> {
  const event = parseEvent(delivery);
  const work = workOn(options.handlers, event);
  if (work === null) return { outcome: 'passed', event };
  const outcome = await continueTrace({ name: `receive ${event.type}`, traceparent: event.traceparent }, () =>
    untilDone(options, { event, signal: delivery.signal, work }),
  );
  return { outcome, event };
}

const NO_FAILURE_OF_EVENT: ReadonlySet<string> = new Set(['SERVICE_UNAVAILABLE', 'RATE_LIMITED']);

async function untilDone<Tx extends Pick<SqlClient, '$executeRaw'>>(
  options: ConsumerOptions<Tx>,
  effect: Effect<Tx>,
): Promise<ConsumeOutcome> {
  const { event, signal } = effect;
  for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 2, LONGEST_RETRY_MS)) {
    try {
      return await once(options, effect);
    } catch (error) {
      // A database that is away, or busy with others of the tenant, says nothing about the event: it waits here, and is
      // not counted as failed.
      if (!(error instanceof FlowgridError && NO_FAILURE_OF_EVENT.has(error.code))) throw error;
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
  { database, name }: ConsumerOptions<Tx>,
  { event, signal, work }: Effect<Tx>,
): Promise<ConsumeOutcome> {
  return database.inTenant(event.tenantid, async (tx) => {
    // A second delivery at the same time waits here until the first one has committed or failed.
    const isFirst = await tx.$executeRaw`
      INSERT INTO inbox_message (tenant_id, consumer, message_id)
      VALUES (${event.tenantid}::uuid, ${name}, ${event.id}::uuid) ON CONFLICT DO NOTHING`;
    if (isFirst === 0) return 'duplicate';
    await work(tx);
    signal.throwIfAborted();
    return 'done';
  });
}
