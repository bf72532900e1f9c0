/** One client's connection: its claims, and what each of its links is for. */
import rhea, { type EventContext, type Message, type Receiver, type Sender, type Session } from 'rhea';
import { Claims } from './claims.ts';
import { DeliveryLink } from './delivery-link.ts';
import { AmqpFailure } from './errors.ts';
import type { Faults } from './faults.ts';
import { answerRequest } from './management.ts';
import { MAX_MESSAGE_BYTES, servePublishLink } from './publish-link.ts';
import { holdAttach, setAttachAnswer } from './rhea-internals.ts';
import { type BrokerSession, SessionEntity } from './session-entity.ts';
import type { Store } from './store.ts';

const CBS = '$cbs';
const MANAGEMENT = /\/\$management$/u;
const SESSION_FILTER = 'com.microsoft:session-filter';
const DEFAULT_ACCEPT_MS = 60_000;
/** Ticks of 100 ns between the years 1 and 1970. */
const EPOCH_TICKS = 621_355_968_000_000_000n;

export class BrokerConnection {
  readonly #store: Store;
  readonly #faults: Faults;
  readonly #claims: Claims;
  readonly #deliveryLinks = new Map<string, { link: DeliveryLink; sender: Sender }>();
  readonly #replyLinks = new Map<string, Sender>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor({ store, faults, key }: { store: Store; faults: Faults; key: string }) {
    this.#store = store;
    this.#faults = faults;
    this.#claims = new Claims(key);
  }

  /** The client wants to receive. */
  onReceiverOf(sender: Sender): void {
    const address = sender.source.address;
    sender.set_source(sender.source);
    sender.set_target(sender.target);
    sender.on('sender_close', () => {
      this.#replyLinks.delete(sender.name);
      this.#closeDeliveryLink(sender.name);
    });
    refuseOnFailure(sender, () => {
      if (address === CBS || MANAGEMENT.test(address)) this.#openReplyLink(sender, address);
      else this.#openDeliveryLink(sender, address);
    });
  }

  /** The client wants to send. */
  onSenderOf(receiver: Receiver): void {
    const address = receiver.target.address;
    receiver.set_source(receiver.source);
    receiver.set_target(receiver.target);
    setAttachAnswer(receiver, { maxMessageBytes: MAX_MESSAGE_BYTES });
    refuseOnFailure(receiver, () => {
      if (address === CBS) {
        this.#serveRequests(receiver, (request) => this.#putToken(request));
        return;
      }
      this.#claims.require(address);
      if (MANAGEMENT.test(address)) {
        this.#requireEntity(address);
        this.#serveRequests(receiver, (request) => this.#manage(address.replace(MANAGEMENT, ''), request));
      } else {
        servePublishLink(receiver, this.#store.getDestination(address), this.#faults);
      }
    });
  }

  /** The client ended an AMQP session, and with it the links in it. */
  onSessionEnd(session: Session): void {
    for (const [name, { sender }] of this.#deliveryLinks) {
      if (sender.session === session) this.#closeDeliveryLink(name);
    }
  }

  /** The client is gone: its sessions are free again. */
  dispose(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const { link } of this.#deliveryLinks.values()) link.close();
    this.#deliveryLinks.clear();
    this.#replyLinks.clear();
  }

  #openReplyLink(sender: Sender, address: string): void {
    if (address !== CBS) this.#requireEntity(address);
    this.#replyLinks.set(sender.name, sender);
  }

  #openDeliveryLink(sender: Sender, address: string): void {
    this.#claims.require(address);
    const entity = this.#store.getEntity(address);
    const link = new DeliveryLink(sender, entity, this.#faults);
    const filter = (sender.source.filter ?? {}) as Record<string, unknown>;
    const wantsSession = SESSION_FILTER in filter;
    if (wantsSession !== entity instanceof SessionEntity) {
      throw new AmqpFailure(
        'amqp:not-allowed',
        `'${address}' ${wantsSession ? 'has no' : 'requires'} sessions.`,
      );
    }
    this.#deliveryLinks.set(sender.name, { link, sender });
    if (!(entity instanceof SessionEntity)) {
      entity.addConsumer(link);
      return;
    }
    const session = filter[SESSION_FILTER];
    if (typeof session === 'string') answerSession(sender, entity.accept(session, link));
    else this.#acceptNext(sender, entity, link);
  }

  /** The answer to the attach waits for a session, as the service's does. */
  #acceptNext(sender: Sender, entity: SessionEntity, link: DeliveryLink): void {
    const release = holdAttach(sender);
    const patience = Number(sender.properties?.['com.microsoft:timeout'] ?? DEFAULT_ACCEPT_MS);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!entity.giveUpWaiting(link)) return;
      release();
      sender.set_source({ address: sender.source.address, filter: {} });
      sender.close(
        new AmqpFailure(
          'com.microsoft:timeout',
          'The operation did not complete within the allotted timeout: there is no session to accept.',
        ).toAmqp(),
      );
    }, patience);
    this.#timers.add(timer);
    entity.acceptNext(link, (session) => {
      clearTimeout(timer);
      this.#timers.delete(timer);
      answerSession(sender, session);
      release();
    });
  }

  #closeDeliveryLink(name: string): void {
    this.#deliveryLinks.get(name)?.link.close();
    this.#deliveryLinks.delete(name);
  }

  #requireEntity(address: string): void {
    const entity = address.replace(MANAGEMENT, '');
    if (!this.#store.has(entity)) this.#store.getEntity(entity);
  }

  #putToken(request: Message): Answer {
    this.#claims.put(request);
    return { properties: { 'status-code': 202, 'status-description': 'Accepted' }, body: null };
  }

  #manage(address: string, message: Message): Answer {
    const name = message.application_properties?.['associated-link-name'];
    const consumer = this.#deliveryLinks.get(String(name))?.link ?? null;
    const body = answerRequest(this.#store, { address, message, consumer });
    return { properties: { statusCode: body === null ? 204 : 200, statusDescription: 'OK' }, body };
  }

  #serveRequests(receiver: Receiver, answer: (request: Message) => Answer): void {
    receiver.on('message', ({ message, delivery }: EventContext) => {
      if (message === undefined) return;
      delivery?.accept();
      if (this.#faults.isSilent) return;
      // The reply link is found by its name: the one of `$cbs` has no address.
      const replyLink = this.#replyLinks.get(String(message.reply_to));
      replyLink?.send({
        ...(message.message_id === undefined ? {} : { correlation_id: message.message_id }),
        ...toReply(() => answer(message)),
      });
    });
  }
}

interface Answer {
  readonly properties: Record<string, unknown>;
  readonly body: unknown;
}

function toReply(answer: () => Answer): { application_properties: Record<string, unknown>; body: unknown } {
  try {
    const { properties, body } = answer();
    return { application_properties: properties, body };
  } catch (error) {
    if (!(error instanceof AmqpFailure)) throw error;
    return {
      application_properties: {
        statusCode: error.status,
        statusDescription: error.message,
        errorCondition: error.condition,
      },
      body: null,
    };
  }
}

function answerSession(sender: Sender, session: BrokerSession): void {
  sender.set_source({ address: sender.source.address, filter: { [SESSION_FILTER]: session.id } });
  const ticks = Buffer.alloc(8);
  ticks.writeBigInt64BE(BigInt(session.lockedUntil) * 10_000n + EPOCH_TICKS);
  setAttachAnswer(sender, {
    properties: { 'com.microsoft:locked-until-utc': rhea.types.wrap_long(ticks) },
  });
}

/** The attach is answered, then the link is closed with the reason: so the service does it. */
function refuseOnFailure(link: Sender | Receiver, open: () => void): void {
  try {
    open();
  } catch (error) {
    if (!(error instanceof AmqpFailure)) throw error;
    link.close(error.toAmqp());
  }
}
