export { envelopeModel, type Envelope } from './envelope.ts';
export * from './transport/topology.ts';
export * from './transport/transport.ts';
