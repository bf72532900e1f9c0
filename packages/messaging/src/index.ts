export { envelopeModel, type Envelope } from './envelope.ts';
export { EVENT_CATALOGUE, isEventType, type EventData, type EventType } from './events/catalogue.ts';
export {
  toEnvelope,
  type EventContent,
  type RecordedChange,
  type TypedEnvelope,
} from './events/to-envelope.ts';
export type { SqlClient, TenantDatabase, TenantTransactions } from './outbox/outbox-database.ts';
export { withOutbox, writeEvents } from './outbox/write-events.ts';
export { MemoryBroker, MemoryTransport, type MemoryTransportOptions } from './transport/memory.ts';
export { createPostgresTransport, type PostgresTransportOptions } from './transport/postgres.ts';
export * from './transport/topology.ts';
export * from './transport/transport.ts';
