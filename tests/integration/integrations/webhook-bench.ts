/** Webhooks in the process of a test, whose clock is told: a real database, a real transport, and a server that receives. */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { PERMISSIONS, type ServiceRequest } from '@flowgrid/access';
import { createPostgresTransport, type Transport } from '@flowgrid/messaging';
import { createOutbound, parseAllowedHosts } from '@flowgrid/outbound';
import { createLogger, createMetrics, newId, type Clock } from '@flowgrid/platform';
import { createMemoryPubSub } from '@flowgrid/shared-state';
import { openIntegrationsDatabase } from '../../../subgraphs/integrations/src/database.ts';
import { openSecretBox } from '../../../subgraphs/integrations/src/modules/credential/open-secret-box.ts';
import {
  openWebhooks,
  type WebhookServices,
} from '../../../subgraphs/integrations/src/modules/webhook-delivery/open-webhooks.ts';
import type { EndpointWithSecret } from '../../../subgraphs/integrations/src/modules/webhook-endpoint/webhook-endpoint-service.ts';
import { startWebhooks } from '../../../subgraphs/integrations/src/workers/start-webhooks.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { until } from '../../testkit/wait.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../testkit/webhook-receiver.ts';
import { integrationEvent } from './webhook-event.ts';

export interface DeliveryRow {
  readonly id: string;
  readonly endpoint_id: string;
  readonly message_id: string;
  readonly state: string;
  readonly attempt: number;
  readonly step: number;
  readonly resource: string;
  readonly last_error: string | null;
  readonly last_status: number | null;
  /** From the attempt before, or from its making. */
  readonly next_in_ms: number | null;
}

export interface WebhookBench extends AsyncDisposable {
  readonly receiver: WebhookReceiver;
  readonly services: WebhookServices;
  readonly database: TestDatabase;
  readonly transport: Transport;
  /** Moves the time of the services and of the workers. */
  advance(ms: number): void;
  readonly clock: Clock;
  tenant(): BenchTenant;
  rows<Row extends object>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Starts a worker; it ends with the bench. */
  startWorker(options?: {
    readonly leaseSeconds?: number;
    readonly lostAfterSeconds?: number;
  }): AsyncDisposable;
}

export interface BenchTenant {
  readonly id: string;
  readonly request: ServiceRequest;
  /** Adds an endpoint at a path of the receiver that is told of integrations. */
  endpoint(path: string, input?: object): Promise<EndpointWithSecret>;
  /** Publishes an event and gives its id. */
  publish(subject?: string): Promise<string>;
  deliveries(): Promise<readonly DeliveryRow[]>;
  /** Waits until all deliveries are in the state. */
  allReach(state: string, count: number): Promise<readonly DeliveryRow[]>;
}

export interface WebhookBenchOptions {
  readonly openTransport?: (database: TestDatabase) => Promise<Transport>;
  /** From a request to the last byte of its answer. */
  readonly deadlineMs?: number;
}

const logger = createLogger({ name: 'webhooks', level: process.env['TEST_LOG'] ?? 'silent' });

export async function openWebhookBench(options: WebhookBenchOptions = {}): Promise<WebhookBench> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase());
  const receiver = stack.use(await startWebhookReceiver());
  const superuser = new Client({ connectionString: database.superuserUrl });
  await superuser.connect();
  stack.defer(() => superuser.end());
  const url = database.url('flowgrid_integrations');
  const opened = stack.use(openIntegrationsDatabase(url, logger, { poolSize: 20 }));
  const transport = stack.use(
    await (options.openTransport?.(database) ??
      Promise.resolve(createPostgresTransport({ url, logger, retryDelayMs: () => 20 }))),
  );
  const pubsub = stack.use(createMemoryPubSub());
  let offsetMs = 0;
  const clock = { now: () => new Date(Date.now() + offsetMs) };
  const keys = { CREDENTIALS_KEY: randomBytes(32), CREDENTIALS_KEYS_OLD: [], KEY_VAULT_KEY_IDS_OLD: [] };
  const { dataKeys: secretBox } = stack.use(
    await openSecretBox(keys, { database: opened, pubsub, clock, logger }),
  );
  const outbound = stack.use(
    createOutbound({
      allowed: parseAllowedHosts(receiver.host) ?? [],
      policies: null,
      connectionsPerServer: null,
      deadlineMs: options.deadlineMs ?? 15_000,
    }),
  );
  const { findUrlProblem, fetch } = outbound;
  const tools = { database: opened, transport, pubsub, secretBox, clock, logger };
  const { services } = stack.use(openWebhooks({ ...tools, findUrlProblem }));
  const rows: WebhookBench['rows'] = async <Row extends object>(
    sql: string,
    values: readonly unknown[] = [],
  ) => (await superuser.query<Row>(sql, [...values])).rows;
  const owned = stack.move();
  return {
    receiver,
    services,
    database,
    transport,
    clock,
    advance: (ms) => {
      offsetMs += ms;
    },
    rows,
    tenant: () => openTenant({ services, receiver, transport, clock, rows }),
    startWorker: ({ leaseSeconds = 30, lostAfterSeconds = 30 } = {}) =>
      owned.use(
        startWebhooks({
          ...tools,
          fetch,
          registry: createMetrics('test'),
          leaseSeconds,
          lostAfterSeconds,
          pollMs: 50,
          random: () => 0.5,
        }),
      ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function openTenant({
  services,
  receiver,
  transport,
  clock,
  rows,
}: Pick<WebhookBench, 'services' | 'receiver' | 'transport' | 'clock' | 'rows'>): BenchTenant {
  const id = newId();
  const userId = newId();
  const request: ServiceRequest = {
    requestId: newId(),
    viewer: {
      kind: 'tenant',
      tenantId: id,
      actor: { kind: 'USER', id: userId, name: 'Olive Owner', userId },
      permissions: new Set(PERMISSIONS),
      sessionId: null,
      contextToken: '',
    },
  };
  const deliveries = (): Promise<readonly DeliveryRow[]> =>
    rows<DeliveryRow>(
      `SELECT id, endpoint_id, message_id, state, attempt, step, resource, last_error, last_status,
              round(extract(epoch FROM next_attempt_at - updated_at) * 1000)::integer AS next_in_ms
         FROM integrations.webhook_delivery WHERE tenant_id = $1 ORDER BY sequence`,
      [id],
    );
  return {
    id,
    request,
    endpoint: (path, input = {}) =>
      services.webhookEndpoints.create(request, {
        url: new URL(receiver.url(path)),
        events: ['integration.*'],
        ...input,
      }),
    publish: async (subject = newId()) => {
      const message = integrationEvent('integration.created', { tenantId: id, subject, at: clock.now() });
      await transport.publish([message]);
      return message.id;
    },
    deliveries,
    allReach: (state, count) =>
      until(
        `${count} deliveries are ${state}`,
        async () => {
          const found = await deliveries();
          return found.length === count && found.every((row) => row.state === state) && found;
        },
        30_000,
      ),
  };
}
