/** The entities of a namespace by their addresses, and what happens to a message that is sent to one. */
import type { Message } from 'rhea';
import type { Entity } from './entity.ts';
import { AmqpFailure } from './errors.ts';
import type { EntitySettings, NamespaceSettings } from './namespace.ts';
import { PlainEntity } from './plain-entity.ts';
import { SessionEntity } from './session-entity.ts';

/** Where messages are sent to: a queue or a topic. */
export interface Destination {
  send(message: Message): void;
  schedule(message: Message, due: number): number;
  cancelScheduled(sequence: number): void;
}

export class Store {
  readonly #entities = new Map<string, Entity>();
  readonly #destinations = new Map<string, Destination>();

  constructor(settings: NamespaceSettings) {
    for (const [name, queue] of Object.entries(settings.queues)) {
      const entity = this.#addEntity(name, queue);
      this.#destinations.set(
        name.toLowerCase(),
        withoutDuplicates(queue.duplicateWindowSeconds, {
          send: (message) => entity.enqueue(message),
          schedule: (message, due) => entity.schedule(message, due),
          cancelScheduled: (sequence) => entity.cancelScheduled(sequence),
        }),
      );
    }
    for (const [name, topic] of Object.entries(settings.topics)) {
      const subscriptions = Object.entries(topic.subscriptions).map(([subscription, entry]) => ({
        rules: entry.rules,
        entity: this.#addEntity(`${name}/Subscriptions/${subscription}`, entry),
      }));
      const taking = (message: Message) =>
        subscriptions
          .filter(({ rules }) => rules.some((rule) => isMatch(rule, message)))
          .map(({ entity }) => entity);
      this.#destinations.set(
        name.toLowerCase(),
        withoutDuplicates(topic.duplicateWindowSeconds, {
          send: (message) => {
            for (const entity of taking(message)) entity.enqueue(copy(message));
          },
          schedule: (message, due) =>
            Math.max(0, ...taking(message).map((entity) => entity.schedule(copy(message), due))),
          cancelScheduled: () => {
            throw new AmqpFailure(
              'amqp:not-implemented',
              'scheduled messages of a topic cannot be cancelled here',
            );
          },
        }),
      );
    }
  }

  /** The entity that messages are received from at this address. */
  getEntity(address: string): Entity {
    const entity = this.#entities.get(address.toLowerCase());
    if (entity === undefined) throw notFound(address);
    return entity;
  }

  getDestination(address: string): Destination {
    const destination = this.#destinations.get(address.toLowerCase());
    if (destination === undefined) throw notFound(address);
    return destination;
  }

  has(address: string): boolean {
    return this.#entities.has(address.toLowerCase()) || this.#destinations.has(address.toLowerCase());
  }

  expireLocks(): void {
    for (const entity of this.#entities.values()) entity.expireLocks();
  }

  dispose(): void {
    for (const entity of this.#entities.values()) entity.dispose();
  }

  #addEntity(path: string, settings: EntitySettings): Entity {
    const deadPath = `${path}/$DeadLetterQueue`;
    const deadLetters = new PlainEntity(deadPath, { ...settings, requiresSession: false }, null);
    const entity = settings.requiresSession
      ? new SessionEntity(path, settings, deadLetters)
      : new PlainEntity(path, settings, deadLetters);
    this.#entities.set(path.toLowerCase(), entity);
    this.#entities.set(deadPath.toLowerCase(), deadLetters);
    return entity;
  }
}

const notFound = (address: string): AmqpFailure =>
  new AmqpFailure('amqp:not-found', `The messaging entity 'sb://localhost/${address}' could not be found.`);

const isMatch = (rule: Readonly<Record<string, string>>, message: Message): boolean =>
  Object.entries(rule).every(([name, value]) => message.application_properties?.[name] === value);

const copy = (message: Message): Message => ({
  ...message,
  application_properties: { ...message.application_properties },
  message_annotations: { ...message.message_annotations },
});

/** Accepts and drops a message whose id was sent within the window. */
function withoutDuplicates(windowSeconds: number, destination: Destination): Destination {
  if (windowSeconds === 0) return destination;
  const seen = new Map<string, number>();
  const isNew = ({ message_id: id }: Message): boolean => {
    const now = Date.now();
    for (const [old, until] of seen) {
      if (until > now) break;
      seen.delete(old);
    }
    if (id === undefined || seen.has(String(id))) return id === undefined;
    seen.set(String(id), now + windowSeconds * 1000);
    return true;
  };
  return {
    ...destination,
    send: (message) => {
      if (isNew(message)) destination.send(message);
    },
    schedule: (message, due) => (isNew(message) ? destination.schedule(message, due) : 0),
  };
}
