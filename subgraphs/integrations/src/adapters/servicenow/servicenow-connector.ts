/** A ServiceNow instance, by its Table API. */
import type { Capability, Connector } from '../connector.ts';
import { checkServiceNow } from './servicenow-check.ts';
import { syncServiceNowTasks } from './servicenow-sync.ts';
import { findServiceNowTask, listServiceNowTasks } from './servicenow-tasks.ts';
import { listServiceNowTransitions, transitionServiceNowTask } from './servicenow-transitions.ts';
import { addServiceNowComment, createServiceNowTask } from './servicenow-writes.ts';

/** No webhooks: ServiceNow calls others by a business rule, which an administrator makes there by hand. */
const CAPABILITIES: readonly Capability[] = ['READ_ITEMS', 'CREATE_ITEMS', 'COMMENT', 'TRANSITION', 'SYNC'];

export function createServiceNowConnector(): Connector {
  return {
    capabilities: CAPABILITIES,
    check: (connection, signal) => checkServiceNow({ connection, signal }, CAPABILITIES),
    listItems: (connection, query, signal) => listServiceNowTasks({ connection, signal }, query),
    findItem: (connection, key, signal) => findServiceNowTask({ connection, signal }, key),
    createItem: (connection, draft, signal) => createServiceNowTask({ connection, signal }, draft),
    addComment: (connection, comment, signal) => addServiceNowComment({ connection, signal }, comment),
    listTransitions: (connection, key, signal) => listServiceNowTransitions({ connection, signal }, key),
    transitionItem: (connection, step, signal) => transitionServiceNowTask({ connection, signal }, step),
    syncItems: (connection, query, signal) => syncServiceNowTasks({ connection, signal }, query),
  };
}
