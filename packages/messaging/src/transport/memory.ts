/** Messages within one process, for unit tests: the whole contract, and nothing survives the process. */
import { requireBodySizes } from './body-size.ts';
import { MemorySource, type Claim } from './memory-source.ts';
import { exponentialRetryDelay, type RetryDelay } from './retry-delay.ts';
import { TOPOLOGY, type QueueName, type Topology } from './topology.ts';
import {
  DeadLetterError,
  type DeadLetter,
  type Handler,
  type Message,
  type ReceiveOptions,
  type Receiver,
  type Source,
  type Transport,
} from './transport.ts';

export interface MemoryTransportOptions {
  readonly retryDelayMs?: RetryDelay;
}

/** What several transports share, as processes share a broker. */
export class MemoryBroker {
  readonly #subscriptions: ReadonlyMap<string, { resources: readonly string[]; source: MemorySource }>;
  readonly #queues: ReadonlyMap<string, MemorySource>;

  constructor(topology: Topology = TOPOLOGY) {
    this.#subscriptions = new Map(
      Object.entries(topology.subscriptions).map(([name, settings]) => [
        name,
        { resources: settings.resources, source: new MemorySource(settings) },
      ]),
    );
    this.#queues = new Map(
      Object.entries(topology.queues).map(([name, settings]) => [name, new MemorySource(settings)]),
    );
  }

  publish(message: Message): void {
    const resource = message.type.split('.', 1)[0] ?? '';
    for (const { resources, source } of this.#subscriptions.values()) {
      if (resources.includes(resource)) source.add(message);
    }
  }

  getSource(source: Source): MemorySource {
    const found =
      'queue' in source
        ? this.#queues.get(source.queue)
        : this.#subscriptions.get(source.subscription)?.source;
    if (found === undefined) throw new Error(`no such source: ${JSON.stringify(source)}`);
    return found;
  }
}

/** One process's end of a `MemoryBroker`. */
export class MemoryTransport implements Transport {
  readonly #broker: MemoryBroker;
  readonly #retryDelayMs: RetryDelay;
  readonly #receivers = new Set<MemoryReceiver>();
  #isReachable = true;

  constructor(broker: MemoryBroker, options: MemoryTransportOptions = {}) {
    this.#broker = broker;
    this.#retryDelayMs = options.retryDelayMs ?? exponentialRetryDelay;
  }

  /** Behaves as a transport whose network to the broker is cut, or whole again. */
  setReachable(isReachable: boolean): void {
    this.#isReachable = isReachable;
    if (isReachable) for (const receiver of this.#receivers) receiver.pump();
  }

  async publish(messages: readonly Message[]): Promise<void> {
    requireBodySizes(messages);
    this.#requireReachable();
    for (const message of messages) this.#broker.publish(message);
  }

  async send(
    queue: QueueName,
    messages: readonly Message[],
    options: { readonly notBefore?: Date } = {},
  ): Promise<void> {
    requireBodySizes(messages);
    this.#requireReachable();
    for (const message of messages) this.#broker.getSource({ queue }).add(message, options.notBefore);
  }

  receive(source: Source, handler: Handler, options: ReceiveOptions): Receiver {
    const receiver = new MemoryReceiver({
      source: this.#broker.getSource(source),
      handler,
      concurrency: options.concurrency,
      retryDelayMs: this.#retryDelayMs,
      isReachable: () => this.#isReachable,
    });
    this.#receivers.add(receiver);
    receiver.pump();
    return {
      [Symbol.asyncDispose]: async () => {
        this.#receivers.delete(receiver);
        await receiver.stop();
      },
    };
  }

  async listDeadLetters(source: Source, limit: number): Promise<readonly DeadLetter[]> {
    this.#requireReachable();
    return this.#broker.getSource(source).listDead(limit);
  }

  async replayDeadLetters(source: Source, ids?: readonly string[]): Promise<number> {
    this.#requireReachable();
    return this.#broker.getSource(source).replayDead(ids);
  }

  async checkReady(): Promise<void> {
    this.#requireReachable();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#receivers].map((receiver) => receiver.stop()));
    this.#receivers.clear();
  }

  #requireReachable(): void {
    if (!this.#isReachable) throw new Error('the memory broker cannot be reached');
  }
}

interface ReceiverSettings {
  readonly source: MemorySource;
  readonly handler: Handler;
  readonly concurrency: number;
  readonly retryDelayMs: RetryDelay;
  readonly isReachable: () => boolean;
}

class MemoryReceiver {
  readonly #settings: ReceiverSettings;
  readonly #active = new Map<Claim, Promise<void>>();
  readonly #unsubscribe: () => void;
  #isStopped = false;

  constructor(settings: ReceiverSettings) {
    this.#settings = settings;
    this.#unsubscribe = settings.source.onChange(() => this.pump());
  }

  pump(): void {
    const { source, concurrency, isReachable } = this.#settings;
    while (!this.#isStopped && isReachable() && this.#active.size < concurrency) {
      const claim = source.claim(isReachable);
      if (claim === null) return;
      this.#active.set(
        claim,
        this.#work(claim).finally(() => {
          this.#active.delete(claim);
          this.pump();
        }),
      );
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#unsubscribe();
    for (const claim of this.#active.keys()) claim.abort(new Error('the receiver stops'));
    await Promise.all(this.#active.values());
  }

  async #work(claim: Claim): Promise<void> {
    const outcome = await this.#handle(claim);
    // Nothing reaches the broker: the lock ends by itself, and another receiver is given the message.
    if (this.#settings.isReachable()) outcome();
  }

  /** Runs the handler and says how the claim ends. */
  async #handle(claim: Claim): Promise<() => void> {
    try {
      await this.#settings.handler(claim.delivery);
      return () => claim.complete();
    } catch (error) {
      const description = error instanceof Error ? error.message : String(error);
      if (error instanceof DeadLetterError) return () => claim.bury(error.reason, description);
      if (this.#isStopped) return () => claim.giveBack(0);
      if (claim.isLast) return () => claim.bury('max-deliveries', description);
      return () => claim.giveBack(this.#settings.retryDelayMs(claim.delivery.attempt));
    }
  }
}
