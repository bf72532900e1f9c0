export { envelopeModel, type Envelope } from './envelope.ts';
export { MemoryBroker, MemoryTransport, type MemoryTransportOptions } from './transport/memory.ts';
export * from './transport/topology.ts';
export * from './transport/transport.ts';
