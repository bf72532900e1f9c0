/** A process of its own with a relay, for tests that stop and kill it. Its arguments: the URL of the agents role, the lease. */
import { createLogger } from '@flowgrid/platform';
import { createPostgresTransport, startOutboxRelay } from '@flowgrid/messaging';
import { openAgentsDatabase } from '../../../subgraphs/agents/src/database.ts';

const [url = '', leaseSeconds = ''] = process.argv.slice(2);
const logger = createLogger({ name: 'relay', level: 'silent' });
const database = openAgentsDatabase(url);
const transport = createPostgresTransport({ url, logger });
startOutboxRelay({ database, transport, logger, leaseSeconds: Number(leaseSeconds), pollMs: 20 });
console.log('started');
