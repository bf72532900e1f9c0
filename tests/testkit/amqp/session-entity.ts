/** An entity with sessions: a consumer locks a session and is given its messages in order. */
import { type Consumer, Entity, type StoredMessage } from './entity.ts';
import { AmqpFailure } from './errors.ts';

export interface BrokerSession {
  readonly id: string;
  /** In the order of their sequence numbers. */
  readonly messages: StoredMessage[];
  holder: Consumer | null;
  lockedUntil: number;
  timer: NodeJS.Timeout | null;
  state: Buffer | null;
}

interface Waiter {
  readonly consumer: Consumer;
  readonly accepted: (session: BrokerSession) => void;
}

export class SessionEntity extends Entity {
  readonly #sessions = new Map<string, BrokerSession>();
  readonly #held = new Map<Consumer, BrokerSession>();
  readonly #waiters: Waiter[] = [];

  list(): StoredMessage[] {
    return [...this.#sessions.values()]
      .flatMap(({ messages }) => messages)
      .toSorted((first, second) => first.sequence - second.sequence);
  }

  /** Ids of the sessions that hold messages or state. */
  listSessions(): string[] {
    return [...this.#sessions.keys()];
  }

  /** Gives the consumer the next session that has messages and no holder, now or when there is one. */
  acceptNext(consumer: Consumer, accepted: (session: BrokerSession) => void): void {
    this.#waiters.push({ consumer, accepted });
    this.#serveWaiters();
  }

  /** Stops waiting; false when the consumer was not waiting any more. */
  giveUpWaiting(consumer: Consumer): boolean {
    const index = this.#waiters.findIndex((waiter) => waiter.consumer === consumer);
    if (index === -1) return false;
    this.#waiters.splice(index, 1);
    return true;
  }

  accept(id: string, consumer: Consumer): BrokerSession {
    const session = this.#getSession(id);
    if (session.holder !== null) {
      throw new AmqpFailure(
        'com.microsoft:session-cannot-be-locked',
        `The requested session '${id}' cannot be accepted. It may be locked by another receiver.`,
      );
    }
    return this.#hold(session, consumer);
  }

  renewSession(id: string, consumer: Consumer | null): number {
    const session = this.requireHeld(id, consumer);
    session.lockedUntil = Date.now() + this.lockMs;
    session.timer?.refresh();
    return session.lockedUntil;
  }

  requireHeld(id: string, consumer: Consumer | null): BrokerSession {
    const session = this.#sessions.get(id);
    if (session?.holder == null || session.holder !== consumer) {
      throw new AmqpFailure('com.microsoft:session-lock-lost', `The session lock on '${id}' was lost.`);
    }
    return session;
  }

  addConsumer(): void {}

  removeConsumer(consumer: Consumer): void {
    this.giveUpWaiting(consumer);
    const session = this.#held.get(consumer);
    if (session === undefined) return;
    // A session that its receiver closes counts no delivery: only a lock that runs out does.
    this.#letGo(session);
    for (const stored of session.messages) this.unlock(stored);
    this.#forgetEmpty(session);
    this.#serveWaiters();
  }

  pump(): void {
    for (const session of this.#held.values()) this.#pumpSession(session);
    this.#serveWaiters();
  }

  expireLocks(): void {
    for (const session of this.#held.values().toArray()) this.#expire(session);
  }

  override dispose(): void {
    for (const { timer } of this.#held.values()) clearTimeout(timer ?? undefined);
    super.dispose();
  }

  protected store(stored: StoredMessage): void {
    if (stored.sessionId === null) {
      throw new AmqpFailure(
        'amqp:not-allowed',
        `The SessionId was not set on a message, and it cannot be sent to the entity. Entities that have session support enabled can only receive messages that have the SessionId set to a valid value.`,
      );
    }
    this.#getSession(stored.sessionId).messages.push(stored);
  }

  protected remove(stored: StoredMessage): void {
    const session = this.#getSession(stored.sessionId ?? '');
    const index = session.messages.indexOf(stored);
    if (index !== -1) session.messages.splice(index, 1);
    this.#forgetEmpty(session);
  }

  protected release(): void {}

  #pumpSession(session: BrokerSession): void {
    const { holder } = session;
    if (holder === null) return;
    for (const stored of session.messages) {
      if (!holder.hasRoom()) return;
      if (stored.lock === null) holder.deliver(stored, this.lock(stored, session.lockedUntil, null));
    }
  }

  #serveWaiters(): void {
    if (this.#waiters.length === 0) return;
    for (const session of this.#sessions.values()) {
      if (session.holder !== null || session.messages.length === 0) continue;
      const waiter = this.#waiters.shift();
      if (waiter === undefined) return;
      waiter.accepted(this.#hold(session, waiter.consumer));
    }
  }

  #hold(session: BrokerSession, consumer: Consumer): BrokerSession {
    session.holder = consumer;
    session.lockedUntil = Date.now() + this.lockMs;
    session.timer = setTimeout(() => this.#expire(session), this.lockMs);
    this.#held.set(consumer, session);
    // Behind all others: the next consumer is given another one.
    this.#sessions.delete(session.id);
    this.#sessions.set(session.id, session);
    return session;
  }

  #letGo(session: BrokerSession): void {
    clearTimeout(session.timer ?? undefined);
    session.timer = null;
    if (session.holder !== null) this.#held.delete(session.holder);
    session.holder = null;
  }

  #expire(session: BrokerSession): void {
    const { holder } = session;
    this.#letGo(session);
    for (const stored of session.messages.filter(({ lock }) => lock !== null)) {
      this.unlock(stored);
      this.countDelivery(stored);
    }
    this.#forgetEmpty(session);
    holder?.loseSession(
      new AmqpFailure('com.microsoft:session-lock-lost', `The session lock on '${session.id}' has expired.`),
    );
    this.#serveWaiters();
  }

  #getSession(id: string): BrokerSession {
    const found = this.#sessions.get(id);
    if (found !== undefined) return found;
    const session: BrokerSession = {
      id,
      messages: [],
      holder: null,
      lockedUntil: 0,
      timer: null,
      state: null,
    };
    this.#sessions.set(id, session);
    return session;
  }

  #forgetEmpty(session: BrokerSession): void {
    if (session.messages.length === 0 && session.holder === null && session.state === null) {
      this.#sessions.delete(session.id);
    }
  }
}
