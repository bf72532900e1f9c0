/** Works through one session that was accepted, message by message, and closes it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceBusReceivedMessage, ServiceBusSessionReceiver } from '@azure/service-bus';
import type { Logger } from '@flowgrid/platform';
import type { RetryDelay } from '../retry-delay.ts';
import type { SourceSettings } from '../topology.ts';
import { DeadLetterError, type Handler, type Message } from '../transport.ts';
import { SessionInbox } from './session-inbox.ts';
import { SessionLock } from './session-lock.ts';
import { type DeadLetterCause, fromWire, isForOther, toDeadLetterOptions } from './wire-message.ts';

export interface SessionWork {
  readonly sourceName: string;
  readonly settings: SourceSettings;
  readonly handler: Handler;
  readonly retryDelayMs: RetryDelay;
  readonly logger: Logger;
  /** Aborted when the receiver stops. */
  readonly stopping: AbortSignal;
}

/** A session is given only when it has messages, so the first one is on its way. */
const FIRST_MESSAGE_MS = 5_000;
/** Those behind it were sent with it and are here by the time it is settled. */
const NEXT_MESSAGE_MS = 10;
/** How long a session may keep its place while it has messages and others may wait. */
const TENURE_MS = 10_000;
/** For an answer to a settlement, or to the closing of a link. */
const ANSWER_MS = 10_000;

type Next = 'go-on' | 'end-session';

export interface AcceptedSession {
  readonly receiver: ServiceBusSessionReceiver;
  /** Aborted when its connection has ended, and with it the lock. */
  readonly ended: AbortSignal;
}

export async function workOnSession({ receiver, ended }: AcceptedSession, work: SessionWork): Promise<void> {
  using lock = new SessionLock(receiver, work.settings.lockSeconds * 1000);
  using inbox = new SessionInbox(receiver, (error) => lock.lose(error));
  const ending = AbortSignal.any([work.stopping, lock.lost, ended]);
  const endsAt = Date.now() + TENURE_MS;
  let patienceMs = FIRST_MESSAGE_MS;
  try {
    while (Date.now() < endsAt) {
      const arrived = await inbox.next(patienceMs, ending);
      if (arrived === null) break;
      patienceMs = NEXT_MESSAGE_MS;
      const received = new ReceivedMessage(receiver, arrived.message);
      const next = await workOnMessage(received, { ...work, ending }).finally(arrived.done);
      if (next === 'end-session') break;
    }
  } catch (error) {
    // The outcome is not with the broker: the session ends here, and the message is delivered again.
    work.logger.warn({ err: error, source: work.sourceName }, 'a message could not be settled');
  } finally {
    // Closing gives back what was not settled, without counting a delivery. What has no connection is given back already.
    if (!ended.aborted) await withinAnswerTime(receiver.close()).catch(() => undefined);
  }
}

type MessageWork = SessionWork & { readonly ending: AbortSignal };

async function workOnMessage(received: ReceivedMessage, work: MessageWork): Promise<Next> {
  if (isForOther(received.message, work.sourceName)) {
    await received.complete();
    return 'go-on';
  }
  const message = fromWire(received.message);
  if (message === null) {
    await received.bury({
      reason: 'invalid-message',
      description: 'the properties of a message are missing',
    });
    return 'go-on';
  }
  const attempt = (received.message.deliveryCount ?? 0) + 1;
  try {
    await work.handler({ ...message, attempt, signal: work.ending });
  } catch (error) {
    return await afterFailure(received, { error, attempt, message, work });
  }
  await received.complete();
  return afterLast(message);
}

async function afterFailure(
  received: ReceivedMessage,
  { error, attempt, message, work }: { error: unknown; attempt: number; message: Message; work: MessageWork },
): Promise<Next> {
  const description = error instanceof Error ? error.message : String(error);
  if (error instanceof DeadLetterError) {
    await received.bury({ reason: error.reason, description });
    return afterLast(message);
  }
  if (work.ending.aborted) return 'end-session';
  if (attempt >= work.settings.maxDeliveries) {
    await received.bury({ reason: 'max-deliveries', description });
    return afterLast(message);
  }
  work.logger.warn({ err: error, source: work.sourceName, attempt }, 'a message is delivered again');
  // Abandoning delivers at once, so the pause is here. The session stays locked: nothing of the order key overtakes.
  await delay(work.retryDelayMs(attempt), undefined, { signal: work.ending }).catch(() => undefined);
  if (!work.ending.aborted) await received.abandon();
  // Messages behind it are already here; the session begins anew, with the one that failed at its head.
  return 'end-session';
}

/** A message without an order key has a session to itself. */
const afterLast = ({ orderKey }: Message): Next => (orderKey === null ? 'end-session' : 'go-on');

/** A received message and the ways it can end. */
class ReceivedMessage {
  readonly message: ServiceBusReceivedMessage;
  readonly #receiver: ServiceBusSessionReceiver;

  constructor(receiver: ServiceBusSessionReceiver, message: ServiceBusReceivedMessage) {
    this.#receiver = receiver;
    this.message = message;
  }

  async complete(): Promise<void> {
    await withinAnswerTime(this.#receiver.completeMessage(this.message));
  }

  async abandon(): Promise<void> {
    await withinAnswerTime(this.#receiver.abandonMessage(this.message));
  }

  async bury(cause: DeadLetterCause): Promise<void> {
    await withinAnswerTime(this.#receiver.deadLetterMessage(this.message, toDeadLetterOptions(cause)));
  }
}

/** The SDK waits a minute for an answer that may never come, and does not let go of the message meanwhile. */
async function withinAnswerTime(answer: Promise<void>): Promise<void> {
  const timeout = new AbortController();
  try {
    await Promise.race([
      answer,
      delay(ANSWER_MS, undefined, { signal: timeout.signal }).then(() => {
        throw new Error(`the broker did not answer within ${ANSWER_MS} ms`);
      }),
    ]);
  } finally {
    timeout.abort();
  }
}
