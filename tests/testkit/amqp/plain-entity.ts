/** An entity without sessions: each message has a lock of its own. */
import { type Consumer, Entity, type StoredMessage } from './entity.ts';

export class PlainEntity extends Entity {
  /** In the order of their sequence numbers; locked ones stay where they are. */
  readonly #messages: StoredMessage[] = [];
  readonly #consumers = new Set<Consumer>();

  list(): StoredMessage[] {
    return [...this.#messages];
  }

  addConsumer(consumer: Consumer): void {
    this.#consumers.add(consumer);
  }

  /** What it had locked stays locked until the time is over, as in Azure. */
  removeConsumer(consumer: Consumer): void {
    this.#consumers.delete(consumer);
  }

  pump(): void {
    for (const consumer of this.#consumers) {
      while (consumer.hasRoom()) {
        const stored = this.#messages.find(({ lock }) => lock === null);
        if (stored === undefined) return;
        const timer = setTimeout(() => this.#expire(stored), this.lockMs);
        consumer.deliver(stored, this.lock(stored, Date.now() + this.lockMs, timer));
      }
    }
  }

  expireLocks(): void {
    for (const stored of this.list()) if (stored.lock !== null) this.#expire(stored);
  }

  protected store(stored: StoredMessage): void {
    this.#messages.push(stored);
  }

  protected remove(stored: StoredMessage): void {
    const index = this.#messages.indexOf(stored);
    if (index !== -1) this.#messages.splice(index, 1);
  }

  protected release(): void {}

  #expire(stored: StoredMessage): void {
    this.unlock(stored);
    this.countDelivery(stored);
    this.pump();
  }
}
