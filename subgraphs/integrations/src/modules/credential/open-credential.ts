/** The credential of an integration, sealed and opened field by field. */
import type { Integration } from '../integration/integration.ts';
import { parseCredential, toFields, type Credential } from './credential.ts';
import type { SealedEnvelope, TenantSecrets } from './secret-box.ts';

export type SealedFields = readonly { readonly field: string; readonly envelope: unknown }[];

/** @throws SealError when it does not open. */
export function openCredential(
  secrets: TenantSecrets,
  stored: { readonly integration: Pick<Integration, 'id' | 'kind'>; readonly sealed: SealedFields },
): Credential {
  const { id, kind } = stored.integration;
  const fields = stored.sealed.map(({ field, envelope }) => [
    field,
    secrets.open({ owner: id, field }, envelope),
  ]);
  return parseCredential(kind, Object.fromEntries(fields));
}

export function sealCredential(
  secrets: TenantSecrets,
  integrationId: string,
  credential: Credential,
): readonly { readonly field: string; readonly envelope: SealedEnvelope }[] {
  return Object.entries(toFields(credential)).map(([field, value]) => ({
    field,
    envelope: secrets.seal({ owner: integrationId, field }, value),
  }));
}
