/** The fake instance as the contract suite of connectors wants it. */
import { basicAuthorization } from '../../adapters/json-request.ts';
import type { TestAccount, VendorBench } from '../../adapters/connector-contract.ts';
import {
  SERVICENOW_AGENT,
  startServiceNowServer,
  type Fields,
  type ServiceNowServer,
} from '../servicenow-server.ts';
import { createServiceNowConnector } from '../../adapters/servicenow/servicenow-connector.ts';

const TABLE = 'incident';

export async function startServiceNowBench(): Promise<VendorBench> {
  const server = await startServiceNowServer();
  const { records } = server;
  const reader = records.addUser({
    name: 'reader',
    password: 'reads alone',
    roles: ['sn_incident_read', 'snc_internal'],
  });
  return {
    connector: createServiceNowConnector(),
    host: server.host,
    baseUrl: server.url,
    account: accountOf(SERVICENOW_AGENT),
    login: SERVICENOW_AGENT.name,
    limited: { ...accountOf(reader), missing: ['CREATE_ITEMS', 'COMMENT', 'TRANSITION'] },
    container: TABLE,
    unknownKey: 'INC0099999',
    hostileKeys: [
      'INC0010001^ORnumberISNOTEMPTY',
      'INC0010001/../../sys_user',
      'javascript:gs.getUserID()',
      '../sys_user',
      '',
    ],
    itemType: 'Incident',
    webhookScope: null,
    addItem: ({ title, updatedAt }) =>
      records.addTask(TABLE, { short_description: title }, updatedAt)['number'] ?? '',
    changeItem: (key, updatedAt) => {
      records.changeTask(taskOf(server, key), { description: updatedAt.toISOString() }, updatedAt);
    },
    itemCount: () => records.tasks.size,
    commentsOf: (key) => {
      const id = taskOf(server, key)['sys_id'];
      const own = records.journal.filter(
        (entry) => entry['element_id'] === id && entry['element'] === 'comments',
      );
      return own.map((entry) => entry['value'] ?? '');
    },
    stateOf: (key) => records.stateLabel(taskOf(server, key)),
    webhookUrls: () => [],
    fail: (fault, options) => {
      server.recover();
      server.fail(fault, options);
    },
    requests: server.requests,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function accountOf({ name, password }: { readonly name: string; readonly password: string }): TestAccount {
  return { authorization: basicAuthorization(name, password), knownLogin: name };
}

function taskOf({ records }: ServiceNowServer, key: string): Fields {
  const task = records.tasks.get(key);
  if (task === undefined) throw new Error(`no task ${key}`);
  return task;
}
