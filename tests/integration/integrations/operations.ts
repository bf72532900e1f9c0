/** The operations of the integrations service, as its tests send them. */

const INTEGRATION = 'id kind name baseUrl status credentialHint lastError lastTestedAt createdAt updatedAt';
const ERRORS = 'errors { code message path }';

export interface IntegrationData {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly baseUrl: string;
  readonly status: string;
  readonly credentialHint: string | null;
  readonly lastError: string | null;
  readonly lastTestedAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Payload {
  readonly integration: IntegrationData | null;
  readonly errors: readonly { readonly code: string; readonly message: string; readonly path: string[] }[];
}

export interface Report {
  readonly ok: boolean;
  readonly checkedAt: string;
  readonly latencyMs: number;
  readonly account: string | null;
  readonly message: string;
  readonly permissions: readonly string[];
}

const mutation = (name: string, type: string, fields: string): string =>
  `mutation($input: ${type}!) { result: ${name}(input: $input) { ${fields} } }`;

export const CREATE = mutation(
  'createIntegration',
  'CreateIntegrationInput',
  `integration { ${INTEGRATION} } ${ERRORS}`,
);
export const UPDATE = mutation(
  'updateIntegration',
  'UpdateIntegrationInput',
  `integration { ${INTEGRATION} } ${ERRORS}`,
);
export const ROTATE = mutation(
  'rotateIntegrationCredential',
  'RotateIntegrationCredentialInput',
  `integration { ${INTEGRATION} } ${ERRORS}`,
);
export const DELETE = mutation(
  'deleteIntegration',
  'DeleteIntegrationInput',
  `integration { ${INTEGRATION} } ${ERRORS}`,
);
export const TEST = mutation(
  'testIntegration',
  'TestIntegrationInput',
  `integration { ${INTEGRATION} } report { ok checkedAt latencyMs account message permissions } ${ERRORS}`,
);
export const LINK = mutation(
  'linkAgentIntegration',
  'LinkAgentIntegrationInput',
  `agent { id integrations { id } } integration { id } ${ERRORS}`,
);
export const UNLINK = mutation(
  'unlinkAgentIntegration',
  'UnlinkAgentIntegrationInput',
  `agent { id integrations { id } } integration { id } ${ERRORS}`,
);
const SYNC = 'sync { id scope state everyMinutes }';
export const START_SYNC = mutation('startSync', 'StartSyncInput', `${SYNC} ${ERRORS}`);
export const SYNC_NOW = mutation('syncNow', 'SyncNowInput', `${SYNC} ${ERRORS}`);
export const STOP_SYNC = mutation('stopSync', 'StopSyncInput', `${SYNC} ${ERRORS}`);
export const LIST = `query($kind: IntegrationKind) { integrations(kind: $kind) { ${INTEGRATION} } }`;
export const ONE = `query($id: ID!) { integration(id: $id) { ${INTEGRATION} } }`;
export const ENTITIES = `query($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on Integration { id name }
    ... on Agent { id integrations { name } }
  }
}`;

/** What is sent to a mutation that has no other reason to fail. */
export const FOREIGN_INPUTS = [
  ['updateIntegration', UPDATE, (id: string) => ({ id, name: 'Taken over' })],
  ['rotateIntegrationCredential', ROTATE, (id: string) => ({ id, credential: { token: 'ghp_x' } })],
  ['testIntegration', TEST, (id: string) => ({ id })],
  ['deleteIntegration', DELETE, (id: string) => ({ id })],
  ['linkAgentIntegration', LINK, (id: string) => ({ agentId: id, integrationId: id })],
  ['unlinkAgentIntegration', UNLINK, (id: string) => ({ agentId: id, integrationId: id })],
] as const;
