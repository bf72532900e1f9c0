export { envelopeModel, type Envelope } from './envelope.ts';
export { EVENT_CATALOGUE, isEventType, type EventData, type EventType } from './events/catalogue.ts';
export {
  toEnvelope,
  type EventContent,
  type RecordedChange,
  type TypedEnvelope,
} from './events/to-envelope.ts';
export { parseEvent } from './events/parse-event.ts';
export {
  startConsumer,
  type ConsumerOptions,
  type EventHandler,
  type EventHandlers,
} from './inbox/consumer.ts';
export { purgeInbox } from './inbox/purge.ts';
export type { SqlClient, TenantDatabase, TenantTransactions } from './outbox/outbox-database.ts';
export { MESSAGING_CONTRADICTIONS, messagingEnv } from './messaging-env.ts';
export { openTransport, type OpenTransportEnv } from './open-transport.ts';
export {
  createOutboxAnnouncer,
  openOutbox,
  type Outbox,
  type OutboxAnnouncements,
  type OutboxAnnouncerOptions,
  type OutboxOptions,
} from './outbox/open-outbox.ts';
export { registerOutboxMetrics } from './outbox/outbox-metrics.ts';
export {
  listDeadEvents,
  measureOutbox,
  reviveDeadEvents,
  type DeadOutboxEvent,
  type OutboxMeasure,
} from './outbox/outbox-store.ts';
export { startOutboxRelay, type OutboxRelay, type OutboxRelayOptions } from './outbox/relay.ts';
export { withOutbox, writeEvents } from './outbox/write-events.ts';
export { MemoryBroker, MemoryTransport, type MemoryTransportOptions } from './transport/memory.ts';
export { createPostgresTransport, type PostgresTransportOptions } from './transport/postgres.ts';
export {
  createServiceBusTransport,
  type ServiceBusAddress,
  type ServiceBusTransportOptions,
} from './transport/service-bus.ts';
export * from './transport/topology.ts';
export * from './transport/transport.ts';
