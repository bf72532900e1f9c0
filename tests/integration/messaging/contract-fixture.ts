/** What the cases of the transport contract share: the sources, messages, and a record of what a handler was given. */
import { randomUUID } from 'node:crypto';
import type {
  Delivery,
  Handler,
  Message,
  QueueName,
  Source,
  SubscriptionName,
  Topology,
  Transport,
} from '@flowgrid/messaging';
import { until } from '../../testkit/wait.ts';

/** One transport, as one process has it. */
export interface OpenTransport extends AsyncDisposable {
  readonly transport: Transport;
  /** Cuts this transport off from the broker, or lets it back: its connections end and new ones are refused. */
  setReachable(isReachable: boolean): void;
}

export interface ContractBroker extends AsyncDisposable {
  /** Opens a transport as another process would: it shares nothing with the others but the broker. */
  open(): Promise<OpenTransport>;
}

/** A kind of transport that is held to the contract. */
export interface ContractSubject {
  readonly name: string;
  /** As short as the broker allows; the cases about locks wait for a few of them. */
  readonly lockSeconds: number;
  /** How many messages the flood has; 10,000 unless the broker is too small. */
  readonly floodMessages?: number;
  /** A broker without messages that has these sources. Its transports deliver again after pauses of milliseconds. */
  start(topology: Topology): Promise<ContractBroker>;
}

export const MAX_DELIVERIES = 3;

/** `one.*` and `shared.*` go to the first subscription, `two.*` and `shared.*` to the second. */
export function contractTopology(lockSeconds: number): Topology {
  const common = { service: 'design', maxDeliveries: MAX_DELIVERIES, lockSeconds } as const;
  return {
    subscriptions: {
      'contract-one': { ...common, resources: ['one', 'shared'] },
      'contract-two': { ...common, resources: ['two', 'shared'] },
    },
    queues: { 'contract-queue': common },
  };
}

export const ONE: Source = { subscription: 'contract-one' as SubscriptionName };
export const TWO: Source = { subscription: 'contract-two' as SubscriptionName };
export const QUEUE = 'contract-queue' as QueueName;

export function createMessage(fields: Partial<Message> = {}): Message {
  const id = randomUUID();
  return {
    id,
    tenantId: '0192aaaa-0000-7000-8000-000000000001',
    type: 'one.happened',
    orderKey: null,
    body: JSON.stringify({ id }),
    ...fields,
  };
}

/** Messages of one order key whose bodies are their numbers. */
export function createSeries(orderKey: string, count: number): Message[] {
  return Array.from({ length: count }, (_, index) => createMessage({ orderKey, body: String(index) }));
}

export interface Recorder {
  readonly handler: Handler;
  /** Every delivery, also those whose work then failed. */
  readonly deliveries: Delivery[];
  /** What was handled without an error, in that order. */
  readonly done: Delivery[];
  /** Waits until so many were handled without an error. */
  untilDone(count: number, limitMs?: number): Promise<void>;
  /** Waits until so many deliveries were begun. */
  untilDelivered(count: number): Promise<void>;
}

/** Keeps what it is given, after `work` has had its way with it. */
export function createRecorder(work: Handler = async () => {}): Recorder {
  const deliveries: Delivery[] = [];
  const done: Delivery[] = [];
  return {
    deliveries,
    done,
    handler: async (delivery) => {
      deliveries.push(delivery);
      await work(delivery);
      done.push(delivery);
    },
    untilDone: async (count, limitMs = 30_000) => {
      await until(`${count} handled`, () => done.length >= count, limitMs);
    },
    untilDelivered: async (count) => {
      await until(`${count} delivered`, () => deliveries.length >= count, 30_000);
    },
  };
}

/** A promise that a test settles when it wants. */
export function createGate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

export const aborted = async (signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
};

export const bodiesOf = (deliveries: readonly Message[]): string[] => deliveries.map(({ body }) => body);
export const idsOf = (messages: readonly Message[]): string[] => messages.map(({ id }) => id);
