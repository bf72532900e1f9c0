/** The variables of every service that sends or receives messages. */
import { z } from 'zod';
import type { Contradiction } from '@flowgrid/platform';

export const messagingEnv = {
  SERVICE_BUS_CONNECTION_STRING: z
    .string()
    .startsWith('Endpoint=sb://', 'must begin with Endpoint=sb://')
    .optional()
    .describe('Azure Service Bus, by connection string; without it messages go over PostgreSQL.'),
  SERVICE_BUS_NAMESPACE: z
    .string()
    .regex(/^[a-z\d-]+(\.[a-z\d-]+)+$/i, 'must be a host name: flowgrid.servicebus.windows.net')
    .optional()
    .describe(
      'Azure Service Bus, by the host name of its namespace and the managed identity of the process.',
    ),
};

export const MESSAGING_CONTRADICTIONS: readonly Contradiction[] = [
  {
    variables: ['SERVICE_BUS_CONNECTION_STRING', 'SERVICE_BUS_NAMESPACE'],
    problem: 'exclude each other: give the connection string, or the namespace for managed identity',
  },
];
