/** The few things a broker must do that rhea offers no public way for; every reach into its insides is here. */
import type { Delivery, Receiver, Sender } from 'rhea';

interface LinkInsides {
  _process: () => void;
  readonly connection: { _register(): void };
  readonly local: { readonly attach: { properties?: unknown; max_message_size?: unknown } };
}

interface SenderInsides {
  credit: number;
  delivery_count: number;
  _draining: boolean;
  _get_drain: () => boolean;
}

const insides = (link: Sender | Receiver): LinkInsides => link as unknown as LinkInsides;
const senderInsides = (link: Sender): SenderInsides => link as unknown as SenderInsides;

/** Keeps rhea from answering an attach until the returned function is called. */
export function holdAttach(link: Sender): () => void {
  const { connection } = insides(link);
  insides(link)._process = () => {};
  return () => {
    // The method of the prototype is back.
    Reflect.deleteProperty(link, '_process');
    connection._register();
  };
}

/** What the answer to an attach says beside source and target. */
export function setAttachAnswer(
  link: Sender | Receiver,
  answer: { properties?: Record<string, unknown>; maxMessageBytes?: number },
): void {
  const { attach } = insides(link).local;
  if (answer.properties !== undefined) attach.properties = answer.properties;
  if (answer.maxMessageBytes !== undefined) attach.max_message_size = answer.maxMessageBytes;
}

/** How many deliveries the peer allows in all; rhea itself lowers its credit only when a delivery is on the wire. */
export function getCreditLimit(link: Sender): number {
  const { credit, delivery_count: count } = senderInsides(link);
  return credit + count;
}

export const isDraining = (link: Sender): boolean => senderInsides(link)._draining;

/** rhea answers a drain only while credit is left; a client whose last message crossed its drain would wait in vain. */
export function answerEveryDrain(link: Sender): void {
  const state = senderInsides(link);
  state._get_drain = () => {
    if (!state._draining) return false;
    state.delivery_count += state.credit;
    state.credit = 0;
    return true;
  };
}

/** Settles for both sides. A receiver in second mode sends no second disposition, and rhea would keep the delivery for ever. */
export function settleForGood(delivery: Delivery, state: unknown): void {
  delivery.update(true, state);
  (delivery as { remote_settled: boolean }).remote_settled = true;
}
