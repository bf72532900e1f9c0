/** Where sealed secrets are kept: the sweeper seals them again when a tenant gets another data key. */

/**
 * Columns of type `jsonb` with one envelope each, or null. Their tables have `tenant_id`, and the service may update them. A
 * column that is missing here would be lost with the data key that it was sealed by: a test looks for such columns.
 */
export const SEALED_COLUMNS = [
  { table: 'authorization_request', column: 'envelope' },
  { table: 'integration_credential', column: 'envelope' },
  { table: 'oauth_token', column: 'envelope' },
  { table: 'inbound_hook_secret', column: 'envelope' },
  { table: 'webhook_secret', column: 'envelope' },
] as const satisfies readonly { readonly table: string; readonly column: string }[];

export type SealedColumn = (typeof SEALED_COLUMNS)[number];
