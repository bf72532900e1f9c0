/** `$cbs`: shared access signatures that clients present for the addresses they use. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Message } from 'rhea';
import { AmqpFailure } from './errors.ts';

export const KEY_NAME = 'RootManageSharedAccessKey';

export class Claims {
  readonly #key: string;
  readonly #paths = new Set<string>();

  constructor(key: string) {
    this.#key = key;
  }

  /** Answers a `put-token` request. */
  put({ body, application_properties: properties }: Message): void {
    const fields = new URLSearchParams(String(body).replace(/^SharedAccessSignature /u, ''));
    const [audience, expiry] = [fields.get('sr') ?? '', fields.get('se') ?? ''];
    const expected = createHmac('sha256', this.#key)
      .update(`${encodeURIComponent(audience)}\n${expiry}`)
      .digest();
    const given = Buffer.from(fields.get('sig') ?? '', 'base64');
    const isValid = given.length === expected.length && timingSafeEqual(given, expected);
    if (!isValid || Number(expiry) * 1000 < Date.now()) {
      throw new AmqpFailure(
        'amqp:unauthorized-access',
        'InvalidSignature: The token has an invalid signature.',
      );
    }
    this.#paths.add(new URL(String(properties?.['name'])).pathname.slice(1).toLowerCase());
  }

  require(address: string): void {
    const path = address.toLowerCase();
    if ([...this.#paths].some((claim) => path === claim || path.startsWith(`${claim}/`))) return;
    throw new AmqpFailure(
      'amqp:unauthorized-access',
      `Unauthorized access. 'Listen' or 'Send' claim(s) are required for '${address}'.`,
    );
  }
}
