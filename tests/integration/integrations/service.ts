/** The integrations service alone: its own process, a real database, and servers that play the connected systems. */
import { Client } from 'pg';
import { newId } from '@flowgrid/platform';
import {
  startVendorServers,
  type VendorServers,
} from '../../../subgraphs/integrations/src/testkit/vendor-servers.ts';
import { startContextIssuer } from '../../testkit/context-issuer.ts';
import { createTestDatabase } from '../../testkit/database.ts';
import { postGraphQL, type GraphQLAnswer } from '../../testkit/graphql.ts';
import { createPlatform, type TestPlatform } from '../../testkit/platform.ts';
import type { BuiltInRole } from '@flowgrid/access';

export type Ask = (
  query: string,
  variables?: Readonly<Record<string, unknown>>,
  headers?: Readonly<Record<string, string>>,
) => Promise<GraphQLAnswer>;

export interface TestTenant {
  readonly id: string;
  readonly owner: Ask;
  /** Another user with the same rights. */
  readonly otherOwner: Ask;
  readonly viewer: Ask;
  /** The context token with which the viewer asks. */
  readonly viewerToken: string;
}

export interface IntegrationsService extends AsyncDisposable {
  readonly url: string;
  readonly vendor: VendorServers;
  readonly platform: TestPlatform;
  tenant(): Promise<TestTenant>;
  /** As the service signs in. */
  readonly databaseUrl: string;
  /** Reads behind row level security. */
  rows<Row extends object>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** @param reachable more servers that tenants may name, as `host:port`; @param more variables of the service. */
export async function startIntegrations(
  reachable: readonly string[] = [],
  more: Readonly<Record<string, string>> = {},
): Promise<IntegrationsService> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase());
  const issuer = stack.use(await startContextIssuer());
  const vendor = stack.use(await startVendorServers());
  const env = {
    AUTH_URL: issuer.url,
    OUTBOUND_ALLOW_HOSTS: [...vendor.hosts, ...reachable].join(','),
    ...more,
  };
  const platform = stack.use(await createPlatform({ database, env: { integrations: env } }));
  const { url } = await platform.start('integrations');
  const superuser = new Client({ connectionString: database.superuserUrl });
  await superuser.connect();
  stack.defer(() => superuser.end());
  const askAs = async (role: BuiltInRole, tenantId: string): Promise<Ask> => {
    const token = await issuer.signFor(role, { tenantId, audience: 'integrations' });
    return (query, variables, headers) => postGraphQL(`${url}/graphql`, { query, variables }, token, headers);
  };
  const owned = stack.move();
  return {
    url,
    vendor,
    platform,
    databaseUrl: database.url('flowgrid_integrations'),
    tenant: async () => {
      const id = newId();
      const viewerToken = await issuer.signFor('VIEWER', { tenantId: id, audience: 'integrations' });
      return {
        id,
        owner: await askAs('OWNER', id),
        otherOwner: await askAs('OWNER', id),
        viewer: await askAs('VIEWER', id),
        viewerToken,
      };
    },
    rows: async <Row extends object>(sql: string, values: readonly unknown[] = []) => {
      const result = await superuser.query<Row>(sql, [...values]);
      return result.rows;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
