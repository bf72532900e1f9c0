/** The dead letter queue of a source: looking, and delivering again. */
import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import Long from 'long';
import { toSourceName } from '../source.ts';
import type { DeadLetter, Source } from '../transport.ts';
import type { Publisher } from './publisher.ts';
import type { ServiceBusConnection } from './service-bus-connection.ts';
import { toFailure } from './service-bus-failure.ts';
import { openDeadLetterReceiver, toDestination } from './source-address.ts';
import { fromWire, toDeadLetter, toReplay } from './wire-message.ts';

const PEEK_COUNT = 250;
const REPLAY_COUNT = 100;
/** Between the first message of a batch and the others the SDK waits a second; this is for the first one. */
const WAIT_MS = 2_000;
/** For a call that looks at many dead letters. */
const LONGEST_MS = 5 * 60_000;

export class DeadLetters {
  readonly #connection: ServiceBusConnection;
  readonly #publisher: Publisher;

  constructor(connection: ServiceBusConnection, publisher: Publisher) {
    this.#connection = connection;
    this.#publisher = publisher;
  }

  async list(source: Source, limit: number): Promise<DeadLetter[]> {
    return await this.#withReceiver(source, async (receiver) =>
      (await peek(receiver, limit)).map(toDeadLetter),
    );
  }

  async replay(source: Source, ids?: readonly string[]): Promise<number> {
    return await this.#withReceiver(source, async (receiver) => {
      // Those that die while this works are not looked at: a message that fails at once would go round for ever.
      const found = await peek(receiver, Number.MAX_SAFE_INTEGER);
      const chosen = found.map((letter) => ids === undefined || ids.includes(toDeadLetter(letter).id));
      const last = chosen.lastIndexOf(true);
      const ahead = new Map(
        found.slice(0, last + 1).map((letter, index) => [toPosition(letter), chosen[index] ?? false]),
      );
      return await this.#replayAhead({ source, receiver, ahead });
    });
  }

  /** Takes what lies ahead until the last chosen message, delivers the chosen ones, and gives back the others. */
  async #replayAhead({
    source,
    receiver,
    ahead,
  }: {
    source: Source;
    receiver: ServiceBusReceiver;
    ahead: Map<string, boolean>;
  }): Promise<number> {
    const passedOver: ServiceBusReceivedMessage[] = [];
    let replayed = 0;
    while (ahead.size > 0) {
      const received = await receiver.receiveMessages(Math.min(REPLAY_COUNT, ahead.size), {
        maxWaitTimeInMs: WAIT_MS,
      });
      // Another replay has them.
      if (received.length === 0) break;
      const chosen = received.filter((letter) => ahead.get(toPosition(letter)) === true);
      passedOver.push(...received.filter((letter) => !chosen.includes(letter)));
      replayed += await this.#deliver(source, receiver, chosen);
      for (const letter of received) ahead.delete(toPosition(letter));
    }
    for (const letter of passedOver) await receiver.abandonMessage(letter);
    return replayed;
  }

  /** Sends, then completes: what breaks in between is delivered twice, not lost. */
  async #deliver(
    source: Source,
    receiver: ServiceBusReceiver,
    letters: readonly ServiceBusReceivedMessage[],
  ): Promise<number> {
    const known = letters.flatMap((letter) => {
      const message = fromWire(letter);
      return message === null ? [] : [{ letter, message }];
    });
    await this.#publisher.send(
      toDestination(source),
      known.map(({ message }) => toReplay(message, toSourceName(source))),
    );
    for (const { letter } of known) await receiver.completeMessage(letter);
    return known.length;
  }

  async #withReceiver<Result>(
    source: Source,
    use: (receiver: ServiceBusReceiver) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await this.#connection.run(async (client) => {
        const receiver = openDeadLetterReceiver(client, source);
        try {
          return await use(receiver);
        } finally {
          await receiver.close();
        }
      }, LONGEST_MS);
    } catch (error) {
      throw toFailure(`the dead letters of ${toSourceName(source)} cannot be reached`, error);
    }
  }
}

/** The oldest first. */
async function peek(receiver: ServiceBusReceiver, limit: number): Promise<ServiceBusReceivedMessage[]> {
  const found: ServiceBusReceivedMessage[] = [];
  // Always said: without it the SDK goes on where the last call of the whole process ended.
  let from = Long.ZERO;
  while (found.length < limit) {
    const page = await receiver.peekMessages(Math.min(PEEK_COUNT, limit - found.length), {
      fromSequenceNumber: from,
    });
    const last = page.at(-1)?.sequenceNumber;
    if (last === undefined) break;
    found.push(...page);
    from = last.add(1);
  }
  return found;
}

const toPosition = ({ sequenceNumber }: ServiceBusReceivedMessage): string => String(sequenceNumber);
