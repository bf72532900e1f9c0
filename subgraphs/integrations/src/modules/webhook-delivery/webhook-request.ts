/** What is sent to an endpoint, exactly as Standard Webhooks 1.0 says. */
import type { MessageSigner } from '../webhook-endpoint/webhook-keys.ts';

export interface MessageToSend {
  /** The same at every attempt: by it a receiver knows a message that it has had. It has no dots. */
  readonly id: string;
  readonly body: string;
}

const USER_AGENT = 'Flowgrid-Webhooks/1.0';

/** The headers of an attempt; with several signers, during a rotation, any one of the signatures is enough. */
export function toWebhookHeaders(
  message: MessageToSend,
  signers: readonly MessageSigner[],
  at: Date,
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const content = `${message.id}.${timestamp}.${message.body}`;
  return {
    'content-type': 'application/json',
    'user-agent': USER_AGENT,
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signers.map((signer) => signer(content)).join(' '),
  };
}

/** As the log of attempts keeps them: a signature would pass as ours for as long as its timestamp is accepted. */
export function withoutSignatures(headers: Readonly<Record<string, string>>): Record<string, string> {
  const signatures = headers['webhook-signature'] ?? '';
  return { ...headers, 'webhook-signature': signatures.replaceAll(/,[^ ]+/g, ',…') };
}
