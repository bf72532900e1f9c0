/** How the design worker reads a ticket: from the real integrations service, which asks a server that plays the system. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OutsidePolicies, createLogger, createMetrics, newId } from '@flowgrid/platform';
import {
  createIntegrationsClient,
  type IntegrationsClient,
} from '../../../../subgraphs/design/src/adapters/integrations-client.ts';
import { openService } from '../../../../subgraphs/design/src/adapters/outside-call.ts';
import { GITHUB_TOKEN } from '../../../../subgraphs/integrations/src/testkit/vendor-servers.ts';
import { dataOf } from '../../../testkit/graphql.ts';
import { CREATE, type Payload } from '../../integrations/operations.ts';
import { startIntegrations, type IntegrationsService, type TestTenant } from '../../integrations/service.ts';

let service: IntegrationsService;
let client: IntegrationsClient;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  service = stack.use(await startIntegrations());
  const logger = createLogger({ name: 'test', level: 'silent' });
  const policies = new OutsidePolicies({ logger, metrics: createMetrics('test') });
  client = createIntegrationsClient(
    stack.use(openService({ service: 'integrations', urls: [service.url], policies, logger, waitMs: 1 })),
  );
});
afterAll(() => stack.disposeAsync());

async function connect({ owner }: TestTenant, path: string): Promise<string> {
  const input = {
    kind: 'GITHUB',
    name: newId(),
    baseUrl: `${service.vendor.url}${path}`,
    credential: { token: GITHUB_TOKEN },
  };
  const { integration } = dataOf<{ result: Payload }>(await owner(CREATE, { input })).result;
  return String(integration?.id);
}

const read = (tenant: TestTenant, integrationId: string, key: string) =>
  client.readItem({ integrationId, key }, { token: tenant.viewerToken, signal: AbortSignal.timeout(20_000) });

test('an item is read with the rights of whoever asked', async () => {
  const tenant = await service.tenant();
  const id = await connect(tenant, '/base');

  expect(await read(tenant, id, 'acme/claims#1')).toEqual({
    key: 'acme/claims#1',
    title: 'Claim 1 is late',
    body: 'The clerk checks the claim.\nThen the clerk pays.',
  });
});

test('an item that is not there, and one of an integration of another tenant, are null', async () => {
  const [tenant, stranger] = [await service.tenant(), await service.tenant()];
  const id = await connect(tenant, '/base');

  expect(await read(tenant, id, 'acme/claims#99')).toBeNull();
  expect(await read(stranger, id, 'acme/claims#1')).toBeNull();
  expect(await read(stranger, newId(), 'acme/claims#1')).toBeNull();
});

test('what the other system says against it reaches the person who started the design', async () => {
  const tenant = await service.tenant();
  const id = await connect(tenant, '/unauthorized');

  await expect(read(tenant, id, 'acme/claims#1')).rejects.toMatchObject({
    name: 'SourceProblem',
    code: 'SOURCE_UNREADABLE',
    isRetryable: true,
    message:
      '"acme/claims#1" cannot be read. GitHub does not accept the credential (401). Enter a valid one.',
  });
});

test('a token that is none is refused, and says so', async () => {
  const tenant = await service.tenant();

  await expect(read({ ...tenant, viewerToken: 'none' }, newId(), 'acme/claims#1')).rejects.toMatchObject({
    problem: 'REFUSED',
  });
});
