/** Whether a hook takes what the other system will send to it. */
import { invalidInput } from '@flowgrid/platform';
import type { HookVerification } from '../../adapters/hooks/hook-dialect.ts';
import type { InboundHook } from './inbound-hook.ts';

/** What a hook needs for each way of signing, for the person who makes it. */
const NEEDED: Readonly<Record<HookVerification, string>> = {
  STANDARD_WEBHOOKS: 'with the verification STANDARD_WEBHOOKS',
  HMAC_SHA256: 'with the verification HMAC_SHA256',
  BEARER_JWT: 'with the verification BEARER_JWT and the client secret of the OAuth app as its secret',
};

/** @throws InvalidInput that says which hook would do: this one would refuse all messages. */
export function checkSigning({ kind, verification }: InboundHook, signing: HookVerification): void {
  if (kind === 'GENERIC') {
    throw invalidInput(
      'INVALID',
      'A hook of the kind GENERIC does not know how the system signs. Make one of the kind of the integration, and register that.',
      ['hookId'],
    );
  }
  if (verification === signing) return;
  throw invalidInput(
    'INVALID',
    `What is registered over this connection is signed by ${signing}, and the hook checks ${verification}. ` +
      `Make a hook ${NEEDED[signing]}, and register that.`,
    ['hookId'],
  );
}
