import type { z } from 'zod';
import type { Logger } from '@flowgrid/platform';
import type { messagingEnv } from './messaging-env.ts';
import { createPostgresTransport } from './transport/postgres.ts';
import { createServiceBusTransport } from './transport/service-bus.ts';
import type { Transport } from './transport/transport.ts';

/** What the environment of a service says about messages, and its database. */
export interface OpenTransportEnv extends z.output<z.ZodObject<typeof messagingEnv>> {
  readonly DATABASE_URL: string;
}

/** The transport of a process: Azure Service Bus where it is given, else PostgreSQL. The caller disposes of it. */
export async function openTransport(env: OpenTransportEnv, logger: Logger): Promise<Transport> {
  const { SERVICE_BUS_CONNECTION_STRING: connectionString, SERVICE_BUS_NAMESPACE: namespace } = env;
  if (connectionString !== undefined) {
    return createServiceBusTransport({ address: { connectionString }, logger });
  }
  if (namespace !== undefined) return createServiceBusTransport({ address: { namespace }, logger });
  return createPostgresTransport({ url: env.DATABASE_URL, logger });
}
