/** Tickets and issues through every connector, from a server that speaks the vendors' endpoints over HTTP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OutsidePolicies, createLogger, createMetrics } from '@flowgrid/platform';
import type { Credential } from '../modules/credential/credential.ts';
import {
  GITHUB_TOKEN,
  JIRA_CREDENTIAL,
  SERVICENOW_CLIENT,
  SERVICENOW_CREDENTIAL,
  startVendorServer,
  type VendorServer,
} from '../testkit/vendor-server.ts';
import { signInBy } from '../testkit/sign-in.ts';
import { openConnection } from '../modules/connection/open-connection.ts';
import type { ExternalItem, ItemPage, ItemQuery } from './external-item.ts';
import { toText } from './jira/adf-text.ts';
import { createGitHubConnector } from './github/github-connector.ts';
import { createJiraConnector } from './jira/jira-connector.ts';
import { createOutbound, type Outbound } from '@flowgrid/outbound';
import { createServiceNowConnector } from './servicenow/servicenow-connector.ts';

const github: Credential = { kind: 'GITHUB', token: GITHUB_TOKEN };
const jira: Credential = { kind: 'JIRA', ...JIRA_CREDENTIAL };
const serviceNow: Credential = { kind: 'SERVICENOW', ...SERVICENOW_CREDENTIAL };

let vendor: VendorServer;
let outbound: Outbound;
let count = 0;

beforeAll(async () => {
  vendor = await startVendorServer();
  outbound = createOutbound({
    policies: new OutsidePolicies({
      logger: createLogger({ name: 'test', level: 'silent' }),
      metrics: createMetrics('test'),
    }),
    allowed: [{ hostname: '127.0.0.1', port: String(vendor.port) }],
    deadlineMs: 2_000,
  });
});
afterAll(async () => {
  await outbound[Symbol.asyncDispose]();
  await vendor[Symbol.asyncDispose]();
});

interface OpenedItems {
  readonly findItem: (key: string, signal: AbortSignal) => Promise<ExternalItem | null>;
  readonly listItems: (query: ItemQuery, signal: AbortSignal) => Promise<ItemPage>;
}

function open(credential: Credential, path = '/base'): OpenedItems {
  count += 1;
  const connectors = {
    GITHUB: createGitHubConnector(),
    JIRA: createJiraConnector(),
    SERVICENOW: createServiceNowConnector(),
  };
  const stored = {
    id: `connection-${count}`,
    baseUrl: `${vendor.url}${path}`,
    apiUrl: null,
    credential,
  };
  const { connector, connection } = openConnection(
    { connectors, fetch: outbound.fetch, signIn: signInBy(stored) },
    stored,
  );
  return {
    findItem: (key, until) => connector.findItem(connection, key, until),
    listItems: (query, until) => connector.listItems(connection, query, until),
  };
}

const signal = (): AbortSignal => AbortSignal.timeout(5_000);

const ADF = 'The clerk checks the claim.\n- Over 100: ask @Ann\n\nThen\npay.';

describe('an item by its key', () => {
  test('of GitHub', async () => {
    expect(await open(github).findItem(' acme/claims#1 ', signal())).toEqual({
      key: 'acme/claims#1',
      title: 'Claim 1 is late',
      body: 'The clerk checks the claim.\nThen the clerk pays.',
      state: 'open',
      type: 'Issue',
      assignee: 'hubot',
      url: 'https://github.com/acme/claims/issues/1',
      updatedAt: new Date('2026-03-01T10:00:00Z'),
    });
  });

  test.each([
    ['Cloud', '/base', ADF],
    ['Data Center', '/data-center', 'h1. As *wiki*'],
  ])('of Jira %s', async (_edition, path, body) => {
    expect(await open(jira, path).findItem('clm-1', signal())).toEqual({
      key: 'CLM-1',
      title: 'Claim 1',
      body,
      state: 'To Do',
      type: 'Bug',
      assignee: 'Ann Example',
      url: `${vendor.url}${path}/browse/CLM-1`,
      updatedAt: new Date('2026-03-01T10:00:00Z'),
    });
  });

  test.each([serviceNow, { kind: 'SERVICENOW', ...SERVICENOW_CLIENT } as const])(
    'of ServiceNow',
    async (credential) => {
      expect(await open(credential).findItem('inc0010001', signal())).toEqual({
        key: 'INC0010001',
        title: 'Claim 1',
        body: 'The clerk checks the claim.',
        state: 'In Progress',
        type: 'Incident',
        assignee: 'Ann Example',
        url: `${vendor.url}/base/nav_to.do?uri=incident.do%3Fsys_id%3Dsys1`,
        updatedAt: new Date('2026-03-01T10:00:00Z'),
      });
    },
  );

  test.each([
    ['GitHub', github, 'acme/claims#99'],
    ['GitHub, deleted', github, 'acme/claims#4'],
    ['Jira', jira, 'CLM-99'],
    ['ServiceNow', serviceNow, 'INC0099999'],
  ])('that %s does not have is null', async (_system, credential, key) => {
    expect(await open(credential).findItem(key, signal())).toBeNull();
  });

  // Attacks: keys that lead to another path of the system, or add a condition to a query.
  test.each([
    ['GitHub', github, 'acme/..#1'],
    ['GitHub', github, '../../user#1'],
    ['GitHub', github, 'acme/claims#1/comments'],
    ['Jira', jira, 'CLM-1/../../myself'],
    ['Jira', jira, 'CLM-1?expand=all'],
    ['ServiceNow', serviceNow, 'INC0010001^ORnumberISNOTEMPTY'],
    ['ServiceNow', serviceNow, 'javascript:gs.getUserID()'],
  ])('of %s that is none is asked for nowhere: %j %s', async (_system, credential, key) => {
    const before = vendor.requests.length;

    expect(await open(credential).findItem(key, signal())).toBeNull();
    expect(vendor.requests.length).toBe(before);
  });
});

describe('a list', () => {
  test.each([
    ['GitHub', github, '/base', null],
    ['GitHub, searched', github, '/base', 'late claim'],
    ['Jira Cloud', jira, '/base', null],
    ['Jira Cloud, searched', jira, '/base', 'claim'],
    ['Jira Data Center', jira, '/data-center', 'claim'],
    ['ServiceNow', serviceNow, '/base', null],
  ])('of %s comes page by page, complete and once', async (_system, credential, path, search) => {
    const opened = open(credential, path);
    const keys: string[] = [];
    let token: string | null = null;
    let pages = 0;

    do {
      const page = await opened.listItems({ search, size: 2, token }, signal());
      keys.push(...page.items.map(({ key }) => key));
      token = page.next;
      pages += 1;
    } while (token !== null && pages < 10);

    expect(new Set(keys).size).toBe(5);
    expect(keys).toHaveLength(5);
    expect(pages).toBe(3);
  });

  test('tells pull requests from issues, and names no page that is none of the web', async () => {
    const { items } = await open(github).listItems({ search: null, size: 10, token: null }, signal());

    expect(items.map(({ type }) => type)).toEqual(['Issue', 'Issue', 'Pull request', 'Issue', 'Issue']);
    expect(items.at(-1)?.url).toBeNull();
    expect(items[1]?.body).toBe('');
  });

  // Attacks: words that end the text of a query, add conditions to it or have the instance evaluate them.
  test.each([
    [
      'Jira',
      jira,
      'x" OR project = SECRET ORDER BY key',
      'jql',
      'text ~ "x OR project SECRET ORDER BY key" ORDER BY updated DESC',
    ],
    [
      'Jira',
      jira,
      String.raw`x\" OR reporter = me`,
      'jql',
      'text ~ "x OR reporter me" ORDER BY updated DESC',
    ],
    [
      'ServiceNow',
      serviceNow,
      'x^ORsys_class_name=sys_user^',
      'sysparm_query',
      'short_descriptionLIKEx ORsys_class_name sys_user^ORdescriptionLIKEx ORsys_class_name sys_user^ORnumberSTARTSWITHx ORsys_class_name sys_user^ORDERBYDESCsys_updated_on',
    ],
    [
      'ServiceNow',
      serviceNow,
      'javascript:gs.log(1)',
      'sysparm_query',
      'short_descriptionLIKEjavascript gs.log 1^ORdescriptionLIKEjavascript gs.log 1^ORnumberSTARTSWITHjavascript gs.log 1^ORDERBYDESCsys_updated_on',
    ],
  ])('of %s looks for words alone', async (_system, credential, search, parameter, expected) => {
    await open(credential).listItems({ search, size: 2, token: null }, signal());

    expect(vendor.targets.at(-1)?.searchParams.get(parameter)).toBe(expected);
  });

  test.each([
    ['GitHub', github],
    ['Jira', jira],
    ['ServiceNow', serviceNow],
  ])('of %s fails in words that repeat nothing of the answer', async (name, credential) => {
    const failures = [
      ['unauthorized', `${name} does not accept the credential`],
      ['forbidden', 'forbids this'],
      ['limited', 'too many requests'],
      ['malformed', `not one of ${name}'s API`],
      ['page', `not one of ${name}'s API`],
      ['huge', 'too large'],
      ['dropped', 'refused or dropped'],
    ] as const;

    for (const [path, message] of failures) {
      const listing = open(credential, `/${path}`).listItems(
        { search: null, size: 2, token: null },
        signal(),
      );
      await expect(listing, path).rejects.toThrow(message);
      await expect(listing, path).rejects.not.toThrow(/10\.1\.2\.3|Bad credentials|slow down|ghp_/);
    }
  });
});

// Attack: a document so deep that a function that calls itself would end the process.
test('the text of a document of any depth is read', () => {
  let document: unknown = { type: 'text', text: 'deep' };
  for (let depth = 0; depth < 10_000; depth += 1) document = { type: 'blockquote', content: [document] };

  expect(toText(document)).toBe('deep');
  expect([toText(null), toText('x'), toText({ type: 'doc' })]).toEqual(['', 'x', '']);
});
