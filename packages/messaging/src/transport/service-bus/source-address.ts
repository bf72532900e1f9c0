/** A source of the contract as the SDK names it. */
import type {
  ServiceBusClient,
  ServiceBusReceiver,
  ServiceBusReceiverOptions,
  ServiceBusSessionReceiver,
} from '@azure/service-bus';
import { EVENTS_TOPIC } from '../topology.ts';
import type { Source } from '../transport.ts';

const RECEIVE_OPTIONS = {
  receiveMode: 'peekLock',
  // Bodies are text; the SDK would parse them.
  skipParsingBodyAsJson: true,
  // The SDK's own renewal gives up at the first failure and tells nobody.
  maxAutoLockRenewalDurationInMs: 0,
} as const;

/** Where a message is sent to, to arrive at the source. */
export const toDestination = (source: Source): string => ('queue' in source ? source.queue : EVENTS_TOPIC);

export const acceptNextSession = async (
  client: ServiceBusClient,
  source: Source,
): Promise<ServiceBusSessionReceiver> =>
  'queue' in source
    ? await client.acceptNextSession(source.queue, { ...RECEIVE_OPTIONS })
    : await client.acceptNextSession(EVENTS_TOPIC, source.subscription, { ...RECEIVE_OPTIONS });

/** A receiver without a session; one of an entity with sessions can only peek. */
export const openReceiver = (client: ServiceBusClient, source: Source): ServiceBusReceiver =>
  createReceiver(client, source, { ...RECEIVE_OPTIONS });

export const openDeadLetterReceiver = (client: ServiceBusClient, source: Source): ServiceBusReceiver =>
  createReceiver(client, source, { ...RECEIVE_OPTIONS, subQueueType: 'deadLetter' });

const createReceiver = (
  client: ServiceBusClient,
  source: Source,
  options: ServiceBusReceiverOptions,
): ServiceBusReceiver =>
  'queue' in source
    ? client.createReceiver(source.queue, options)
    : client.createReceiver(EVENTS_TOPIC, source.subscription, options);
