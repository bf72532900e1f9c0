/** Messages over Azure Service Bus: the topic `flowgrid-events`, a subscription per consumer, and queues, all with sessions. */
import type { Logger } from '@flowgrid/platform';
import type { RetryDelay } from './retry-delay.ts';
import type { Topology } from './topology.ts';
import type { Transport } from './transport.ts';

/** How the namespace is reached. */
export type ServiceBusAddress =
  | { readonly connectionString: string }
  /** `name.servicebus.windows.net`, with the identity that the process has: managed identity, workload identity, a developer's sign-in. */
  | { readonly namespace: string };

export interface ServiceBusTransportOptions {
  readonly address: ServiceBusAddress;
  readonly logger: Logger;
  /** How long a message rests after its handler failed. Meanwhile it keeps its lock and its place among `concurrency`. */
  readonly retryDelayMs?: RetryDelay;
  readonly topology?: Topology;
}

/**
 * Connects when it is first used. The caller disposes of it. The SDK is loaded here and not with the package: a process
 * without Service Bus does not pay for it.
 */
export async function createServiceBusTransport(options: ServiceBusTransportOptions): Promise<Transport> {
  const { openServiceBusTransport } = await import('./service-bus/service-bus-transport.ts');
  return await openServiceBusTransport(options);
}
