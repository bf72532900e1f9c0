/** How many connections the platform opens to its database at most, so that the server is set to bear them. */
import type { ProcessName } from '../processes.ts';

export interface ConnectionsOfProcess {
  /** Of its own tables: the default of DATABASE_POOL_SIZE. */
  readonly pool: number;
  /** Of the transport of messages, with the one that listens. */
  readonly messages: number;
  /** Of what processes announce to each other. */
  readonly announcements: number;
}

const SERVICE = { pool: 10, messages: 5, announcements: 1 } as const;

/** With one replica each. A test compares it with what the processes say. */
export const CONNECTIONS: Readonly<Record<ProcessName, ConnectionsOfProcess>> = {
  auth: { ...SERVICE, messages: 0 },
  agents: SERVICE,
  design: SERVICE,
  integrations: SERVICE,
  'design-worker': SERVICE,
  'delivery-worker': SERVICE,
  router: { pool: 0, messages: 0, announcements: 1 },
};

/** A process that was replaced may hold its connections for a while; commands of the operator need some too. */
const SPARE_FACTOR = 1.5;
/** With those that PostgreSQL keeps for superusers. */
const SPARE = 20;

export function countConnections(): number {
  const counts = Object.values(CONNECTIONS).map(
    ({ pool, messages, announcements }) => pool + messages + announcements,
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** `max_connections` of the embedded server. */
export function maxConnections(): number {
  return Math.ceil(countConnections() * SPARE_FACTOR) + SPARE;
}
