/** Secrets of tenants, sealed so that they may be stored. Whoever keeps one seals and opens it through here. */
import { z } from 'zod';

/** Where a sealed secret belongs, within its tenant. What was sealed for one place does not open at another one. */
export interface SecretPlace {
  /** Id of the row that it belongs to: an integration, a webhook endpoint, a hook. */
  readonly owner: string;
  /** Which secret of it. */
  readonly field: string;
}

/**
 * A sealed secret as it is stored: one in a column of its own, `jsonb`, whose name ends in `envelope`, and which is listed
 * in `sealed-columns.ts`, so that it is found when keys change. The binary parts are base64.
 */
export const sealedEnvelopeSchema = z.strictObject({
  v: z.literal(2),
  /** The data key of the tenant that sealed it. */
  keyId: z.string(),
  owner: z.string(),
  field: z.string(),
  nonce: z.base64(),
  ciphertext: z.base64(),
  tag: z.base64(),
});
export type SealedEnvelope = z.output<typeof sealedEnvelopeSchema>;

/** A stored value that does not open: its key is gone, or it was altered or moved. The message says nothing of the value. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

export interface SecretBox {
  /**
   * What seals and opens for one tenant. Ask before a transaction, not within: a key vault may have to be asked. What it
   * gives is for one piece of work; keys are remembered for minutes by the box, so asking again is cheap.
   * @throws FlowgridError `SERVICE_UNAVAILABLE` when the keys cannot be had now.
   */
  unlock(tenantId: string): Promise<TenantSecrets>;
}

export interface TenantSecrets {
  seal(place: SecretPlace, value: string): SealedEnvelope;
  /** @throws SealError when the value does not open at this place. */
  open(place: SecretPlace, envelope: unknown): string;
}
