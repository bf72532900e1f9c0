/** The credential of an integration, opened for a request to its system. */
import type { CredentialSealer } from './credential-sealer.ts';
import { parseCredential, type Credential } from './credential.ts';
import type { listSealedFields } from './integration-store.ts';
import type { Integration } from './integration.ts';

export type SealedFields = Awaited<ReturnType<typeof listSealedFields>>;

/** @throws SealError when it does not open. */
export function openCredential(
  sealer: CredentialSealer,
  {
    tenantId,
    integration,
    sealed,
  }: {
    readonly tenantId: string;
    readonly integration: Pick<Integration, 'id' | 'kind'>;
    readonly sealed: SealedFields;
  },
): Credential {
  const { id, kind } = integration;
  const fields = sealed.map(({ field, envelope }) => [
    field,
    sealer.open({ tenantId, integrationId: id, field }, envelope),
  ]);
  return parseCredential(kind, Object.fromEntries(fields));
}
