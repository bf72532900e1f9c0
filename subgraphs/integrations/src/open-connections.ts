/** What the service and its worker reach other systems with: the guarded fetchers, the secrets, and the connections. */
import { createOutbound, toOutboundReach, type Outbound } from '@flowgrid/outbound';
import { OutsidePolicies, type Clock, type Logger, type Registry } from '@flowgrid/platform';
import type { PubSub } from '@flowgrid/shared-state';
import { createConnectors } from './adapters/create-connectors.ts';
import type { IntegrationsDatabase } from './database.ts';
import type { readDeliveryWorkerEnv } from './env.ts';
import { openSignIns } from './modules/authorization/open-sign-ins.ts';
import { Connections } from './modules/connection/connections.ts';
import type { Connectors } from './modules/connection/open-connection.ts';
import { openSecretBox } from './modules/credential/open-secret-box.ts';

/** A page of tickets of the other system is larger than what is else read of it. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

export interface OpenConnectionsOptions {
  readonly env: Pick<
    ReturnType<typeof readDeliveryWorkerEnv>,
    | keyof Parameters<typeof openSecretBox>[0]
    | keyof Parameters<typeof openSignIns>[0]
    | keyof Parameters<typeof toOutboundReach>[0]
  >;
  readonly database: IntegrationsDatabase;
  readonly pubsub: PubSub;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Registry;
}

export interface OpenedConnections {
  readonly outbound: Outbound;
  readonly secretBox: Awaited<ReturnType<typeof openSecretBox>>;
  readonly signing: ReturnType<typeof openSignIns>;
  readonly connectors: Connectors;
  readonly connections: Connections;
}

/** Everything that is opened goes to the stack. */
export async function openConnections(
  stack: AsyncDisposableStack,
  options: OpenConnectionsOptions,
): Promise<OpenedConnections> {
  const { env, database, pubsub, clock, logger, metrics } = options;
  const reach = { ...toOutboundReach(env), maxResponseBytes: MAX_ANSWER_BYTES };
  const policies = new OutsidePolicies({ logger, metrics });
  const outbound = stack.use(createOutbound({ ...reach, policies }));
  // Connections keep account of their failures themselves, together with other processes.
  const forConnections = stack.use(createOutbound({ ...reach, policies: null }));
  const secretBox = stack.use(await openSecretBox(env, { database, pubsub, clock, logger }));
  const shared = { database, secretBox: secretBox.dataKeys, clock, logger };
  const signing = stack.use(openSignIns(env, shared));
  const connectors = createConnectors();
  const connections = new Connections({
    ...shared,
    connectors,
    signIns: signing.signIns,
    fetch: forConnections.fetch,
  });
  return { outbound, secretBox, signing, connectors, connections };
}
