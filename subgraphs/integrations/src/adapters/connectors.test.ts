/** One contract for all connectors, against a server that speaks their endpoints over HTTP. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OutsidePolicies, createLogger, createMetrics } from '@flowgrid/platform';
import type { Credential } from '../modules/credential/credential.ts';
import {
  JIRA_CREDENTIAL,
  SERVICENOW_CLIENT,
  SERVICENOW_CREDENTIAL,
  startVendorServer,
  type VendorServer,
} from '../testkit/vendor-server.ts';
import { signInBy } from '../testkit/sign-in.ts';
import { openConnection, type Connectors } from '../modules/connection/open-connection.ts';
import type { ConnectionCheck } from './connector.ts';
import { createGitHubConnector } from './github/github-connector.ts';
import { createJiraConnector } from './jira/jira-connector.ts';
import { createOutbound, type Outbound } from '@flowgrid/outbound';
import { createServiceNowConnector } from './servicenow/servicenow-connector.ts';

const SYSTEMS = [
  {
    name: 'Jira',
    credential: { kind: 'JIRA', ...JIRA_CREDENTIAL },
    wrong: { kind: 'JIRA', email: JIRA_CREDENTIAL.email, apiToken: 'wrong-secret' },
    account: { login: JIRA_CREDENTIAL.email, permissions: [] },
  },
  {
    name: 'ServiceNow',
    credential: { kind: 'SERVICENOW', ...SERVICENOW_CREDENTIAL },
    wrong: { kind: 'SERVICENOW', username: 'integration.bot', password: 'wrong-secret' },
    account: { login: 'integration.bot', permissions: [] },
  },
  {
    name: 'ServiceNow',
    credential: { kind: 'SERVICENOW', ...SERVICENOW_CLIENT },
    wrong: { kind: 'SERVICENOW', clientId: 'client-0001', clientSecret: 'wrong-secret' },
    account: { login: 'integration.bot', permissions: [] },
  },
] as const satisfies readonly {
  name: string;
  credential: Credential;
  wrong: Credential;
  account: Pick<ConnectionCheck, 'login' | 'permissions'>;
}[];

const FAILURES = [
  ['unauthorized', /does not accept the credential \(401\)/],
  ['forbidden', /forbids this \(403\)/],
  ['missing', /Nothing answers at this address \(404\)/],
  ['limited', /too many requests \(429\)\. Try again in 30 s/],
  ['broken', /failure of its own \(503\)/],
  ['malformed', /not one of .*'s API/],
  ['page', /not one of .*'s API/],
  ['odd', /not one of .*'s API/],
  ['other', /not one of .*'s API/],
  ['moved', /redirect/],
  ['huge', /too large/],
  ['slow', /did not answer in time/],
  ['silent', /did not answer in time/],
  ['dropped', /refused or dropped/],
] as const;

const DEADLINE_MS = 400;

let vendor: VendorServer;
let outbound: Outbound;
let connectors: Connectors;

beforeAll(async () => {
  vendor = await startVendorServer();
  outbound = createOutbound({
    policies: new OutsidePolicies({
      logger: createLogger({ name: 'test', level: 'silent' }),
      metrics: createMetrics('test'),
    }),
    allowed: [{ hostname: '127.0.0.1', port: String(vendor.port) }],
    deadlineMs: DEADLINE_MS,
  });
  connectors = {
    GITHUB: createGitHubConnector(),
    JIRA: createJiraConnector(),
    SERVICENOW: createServiceNowConnector(),
  };
});

afterAll(async () => {
  await outbound[Symbol.asyncDispose]();
  await vendor[Symbol.asyncDispose]();
});

async function ask(
  credential: Credential,
  path: string,
): Promise<Pick<ConnectionCheck, 'login' | 'permissions'>> {
  const stored = {
    id: `${credential.kind} ${path}`,
    baseUrl: `${vendor.url}/${path}`,
    apiUrl: null,
    credential,
  };
  const { connector, connection } = openConnection(
    { connectors, fetch: outbound.fetch, signIn: signInBy(stored) },
    stored,
  );
  const { login, permissions } = await connector.check(connection, AbortSignal.timeout(10_000));
  return { login, permissions };
}

describe.each(SYSTEMS)('$name with $credential', ({ credential, wrong, account }) => {
  it('tells whose the credential is', async () => {
    expect(await ask(credential, 'base')).toEqual(account);
  });

  it('refuses a wrong credential', async () => {
    await expect(ask(wrong, 'base')).rejects.toThrow(/does not accept the credential \(401\)/);
  });

  it.each(FAILURES)('says what an answer that is %s means', async (path, message) => {
    await expect(ask(credential, path)).rejects.toThrow(message);
  });

  it.each(FAILURES)('shows no secret and no address for one that is %s', async (path) => {
    const { message } = await ask(wrong, path).then(
      () => ({ message: 'no failure' }),
      (error: Error) => error,
    );

    expect(message).not.toMatch(
      /wrong-secret|authorization|basic |127\.0\.0\.1|169\.254|10\.1\.2\.3|no failure/i,
    );
  });
});
