/** The fake GitHub, Jira and ServiceNow at once, with the same few items; and misbehaviour at paths that say how. */
import type { IncomingMessage } from 'node:http';
import { startOddServer, type OddServer } from '@flowgrid/outbound/testkit';
import { basicAuthorization } from '../adapters/json-request.ts';
import { FakeGitHub } from './github-server.ts';
import { startJiraServer, type JiraServer } from './jira-server.ts';
import {
  SERVICENOW_AGENT,
  SERVICENOW_APP,
  startServiceNowServer,
  type ServiceNowServer,
} from './servicenow-server.ts';

export const GITHUB_TOKEN = 'ghp_0123456789abcdefghijklmnopqrstuvwxyz';
export const JIRA_CREDENTIAL = { email: 'bot@example.test', apiToken: 'ATATT3xFfGF0-jira-token-0001' };
export const SERVICENOW_CREDENTIAL = { username: SERVICENOW_AGENT.name, password: SERVICENOW_AGENT.password };
export const SERVICENOW_CLIENT = { clientId: SERVICENOW_APP.id, clientSecret: SERVICENOW_APP.secret };

/** How many items there are of each, all of them changed at the same minute. */
export const ITEM_COUNT = 5;
const NUMBERS = Array.from({ length: ITEM_COUNT }, (_, index) => index + 1);
const UPDATED_AT = new Date('2026-03-01T10:00:00Z');
const TEXT = 'The clerk checks the claim.\r\nThen the clerk pays.';
const GITHUB_PATH = '/base';

/** The odd server is GitHub below `/base`. */
export interface VendorServers extends OddServer {
  readonly github: FakeGitHub;
  readonly jira: JiraServer;
  readonly serviceNow: ServiceNowServer;
  /** `host:port` of each, as OUTBOUND_ALLOW_HOSTS has it. */
  readonly hosts: readonly string[];
}

/** Listen on free ports of the loopback. The caller disposes of them. */
export async function startVendorServers(): Promise<VendorServers> {
  await using stack = new AsyncDisposableStack();
  const github = startGitHub();
  const server = stack.use(
    await startOddServer((_path, request, response) =>
      readBody(request, (body) => github.answer(request, body, response)),
    ),
  );
  const jira = stack.use(await startJira());
  const serviceNow = stack.use(await startServiceNow());
  const owned = stack.move();
  return {
    ...server,
    github,
    jira,
    serviceNow,
    hosts: [server.host, jira.host, serviceNow.host],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function startGitHub(): FakeGitHub {
  const github = new FakeGitHub(GITHUB_PATH);
  github.state.addAccount({ kind: 'CLASSIC', login: 'octocat', scopes: ['repo', 'read:org'] }, GITHUB_TOKEN);
  const repository = github.state.addRepository('acme/claims', { roles: { octocat: 'pull' } });
  for (const number of NUMBERS) {
    const title = `Claim ${number} is\u0007 late`;
    github.state.addIssue(repository, {
      number,
      title,
      body: TEXT,
      assignee: 'hubot',
      updatedAt: UPDATED_AT,
    });
  }
  return github;
}

async function startJira(): Promise<JiraServer> {
  const jira = await startJiraServer();
  const { email, apiToken } = JIRA_CREDENTIAL;
  jira.addAccount({ authorization: basicAuthorization(email, apiToken), login: email });
  jira.addProject('CLM');
  for (const number of NUMBERS) {
    const summary = `Claim ${number} is late`;
    const updated = UPDATED_AT.getTime();
    jira.addIssue({ project: 'CLM', type: 'Bug', summary, description: DOCUMENT, assignee: 'Ann', updated });
  }
  return jira;
}

async function startServiceNow(): Promise<ServiceNowServer> {
  const serviceNow = await startServiceNowServer();
  for (const number of NUMBERS) {
    const fields = { short_description: `Claim ${number} is late`, description: TEXT, assigned_to: 'Ann' };
    serviceNow.records.addTask('incident', fields, UPDATED_AT);
  }
  return serviceNow;
}

const paragraph = (text: string): object => ({ type: 'paragraph', content: [{ type: 'text', text }] });
const DOCUMENT = {
  type: 'doc',
  version: 1,
  content: [paragraph('The clerk checks the claim.'), paragraph('Then the clerk pays.')],
};

function readBody(request: IncomingMessage, done: (body: string) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => done(Buffer.concat(chunks).toString()));
}
