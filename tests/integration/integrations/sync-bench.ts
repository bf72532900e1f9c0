/** The integrations service and the delivery worker, as `npm start` starts them, with fake systems that they follow. */
import { Client } from 'pg';
import { newId } from '@flowgrid/platform';
import type { BuiltInRole } from '@flowgrid/access';
import {
  SERVICENOW_AGENT,
  SERVICENOW_APP,
  startServiceNowServer,
  type Fields,
  type ServiceNowServer,
} from '../../../subgraphs/integrations/src/testkit/servicenow-server.ts';
import { startContextIssuer } from '../../testkit/context-issuer.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { dataOf, postGraphQL, type GraphQLAnswer } from '../../testkit/graphql.ts';
import { createPlatform, type TestPlatform } from '../../testkit/platform.ts';
import { until } from '../../testkit/wait.ts';

export type Ask = (query: string, variables?: Readonly<Record<string, unknown>>) => Promise<GraphQLAnswer>;

const SYNC = `id scope state everyMinutes nextRunAt completedAt startedAt finishedAt itemsRead itemsCreated itemsUpdated
  lastError`;
const mutation = (name: string, type: string): string =>
  `mutation($input: ${type}!) { result: ${name}(input: $input) { sync { ${SYNC} } errors { code message path } } }`;
export const START = mutation('startSync', 'StartSyncInput');
export const NOW = mutation('syncNow', 'SyncNowInput');
export const STOP = mutation('stopSync', 'StopSyncInput');
export const SYNCS = `query($id: ID!) { integration(id: $id) { id syncs { ${SYNC} } } }`;
const CREATE = `mutation($input: CreateIntegrationInput!) {
  createIntegration(input: $input) { integration { id } errors { code message } } }`;

export interface SyncData {
  readonly id: string;
  readonly scope: string | null;
  readonly state: 'IDLE' | 'QUEUED' | 'RUNNING' | 'FAILED';
  readonly everyMinutes: number;
  readonly nextRunAt: string | null;
  readonly completedAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly itemsRead: number;
  readonly itemsCreated: number;
  readonly itemsUpdated: number;
  readonly lastError: string | null;
}

export interface SyncPayload {
  readonly sync: SyncData | null;
  readonly errors: readonly { readonly code: string; readonly path: readonly string[] }[];
}

export interface SyncTenant {
  readonly id: string;
  as(role: BuiltInRole): Promise<Ask>;
  readonly owner: Ask;
  /** Connects the fake ServiceNow, or another system. */
  connect(
    credential?: Readonly<Record<string, string>>,
    system?: { readonly kind: 'GITHUB' | 'JIRA' | 'SERVICENOW'; readonly baseUrl: string },
  ): Promise<string>;
  start(integrationId: string, scope?: string): Promise<SyncData>;
  find(integrationId: string): Promise<SyncData>;
  /** Waits for a sync that `is` holds for. */
  untilSync(integrationId: string, what: string, is: (sync: SyncData) => boolean): Promise<SyncData>;
  /** Asks for a run and waits for its end. */
  run(integrationId: string): Promise<SyncData>;
}

export interface SyncBench extends AsyncDisposable {
  readonly platform: TestPlatform;
  readonly database: TestDatabase;
  readonly serviceNow: ServiceNowServer;
  /** Another instance, with nothing in it. */
  readonly otherServiceNow: ServiceNowServer;
  tenant(): Promise<SyncTenant>;
  rows<Row extends object>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Tickets of the fake ServiceNow, a second apart. */
  addTickets(count: number, fields?: Fields): readonly string[];
}

export const AGENT = { username: SERVICENOW_AGENT.name, password: SERVICENOW_AGENT.password };
export const APP = { clientId: SERVICENOW_APP.id, clientSecret: SERVICENOW_APP.secret };
export const LEASE_SECONDS = 3;
/** Pauses of connections that failed are a part of what is waited for. */
const PATIENCE_MS = 40_000;
const BEGINNING = Date.parse('2026-03-01T10:00:00Z');

/** @param otherHosts of further fake systems. */
export async function startSyncBench(otherHosts: readonly string[] = []): Promise<SyncBench> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase());
  const issuer = stack.use(await startContextIssuer());
  const serviceNow = stack.use(await startServiceNowServer());
  const otherServiceNow = stack.use(await startServiceNowServer());
  const hosts = [serviceNow.host, otherServiceNow.host, ...otherHosts].join(',');
  const env = { AUTH_URL: issuer.url, OUTBOUND_ALLOW_HOSTS: hosts };
  const worker = { ...env, SYNC_LEASE_SECONDS: String(LEASE_SECONDS) };
  const platform = stack.use(
    await createPlatform({ database, env: { integrations: env, 'delivery-worker': worker } }),
  );
  const { url } = await platform.start('integrations');
  await platform.start('delivery-worker');
  const superuser = new Client({ connectionString: database.superuserUrl });
  await superuser.connect();
  stack.defer(() => superuser.end());
  let added = 0;
  const owned = stack.move();
  return {
    platform,
    database,
    serviceNow,
    otherServiceNow,
    tenant: async () => {
      const id = newId();
      const as = async (role: BuiltInRole): Promise<Ask> => {
        const token = await issuer.signFor(role, { tenantId: id, audience: 'integrations' });
        return (query, variables) => postGraphQL(`${url}/graphql`, { query, variables }, token);
      };
      return toTenant(id, as, await as('OWNER'), serviceNow.url);
    },
    rows: async <Row extends object>(sql: string, values: readonly unknown[] = []) => {
      const result = await superuser.query<Row>(sql, [...values]);
      return result.rows;
    },
    addTickets: (count, fields = {}) =>
      Array.from({ length: count }, () => {
        added += 1;
        const at = new Date(BEGINNING + added * 1_000);
        const ticket = { short_description: `Claim ${added}`, ...fields };
        return serviceNow.records.addTask('incident', ticket, at)['number'] ?? '';
      }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function toTenant(id: string, as: SyncTenant['as'], owner: Ask, baseUrl: string): SyncTenant {
  const find = async (integrationId: string): Promise<SyncData> => {
    const answer = await owner(SYNCS, { id: integrationId });
    const [sync] = dataOf<{ integration: { syncs: SyncData[] } }>(answer).integration.syncs;
    if (!sync) throw new Error('no sync');
    return sync;
  };
  const untilSync: SyncTenant['untilSync'] = (integrationId, what, is) =>
    until(
      what,
      async () => {
        const sync = await find(integrationId);
        return is(sync) ? sync : null;
      },
      PATIENCE_MS,
    );
  return {
    id,
    as,
    owner,
    connect: async (credential = AGENT, system = { kind: 'SERVICENOW', baseUrl }) => {
      const input = { ...system, name: newId(), credential };
      const { integration } = dataOf<{ createIntegration: { integration: { id: string } | null } }>(
        await owner(CREATE, { input }),
      ).createIntegration;
      if (!integration) throw new Error('not connected');
      return integration.id;
    },
    start: async (integrationId, scope) => {
      const input = { integrationId, ...(scope !== undefined && { scope }) };
      const { sync, errors } = dataOf<{ result: SyncPayload }>(await owner(START, { input })).result;
      if (!sync) throw new Error(JSON.stringify(errors));
      return sync;
    },
    find,
    untilSync,
    run: async (integrationId) => {
      const before = await find(integrationId);
      dataOf(await owner(NOW, { input: { id: before.id } }));
      return untilSync(
        integrationId,
        'the run ends',
        ({ state, finishedAt }) => ['IDLE', 'FAILED'].includes(state) && finishedAt !== before.finishedAt,
      );
    },
  };
}
