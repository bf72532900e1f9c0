import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  GITHUB_TOKEN,
  JIRA_CREDENTIAL,
  SERVICENOW_CLIENT,
  SERVICENOW_CREDENTIAL,
} from '../../../subgraphs/integrations/src/testkit/vendor-servers.ts';
import { codesOf, dataOf } from '../../testkit/graphql.ts';
import { until } from '../../testkit/wait.ts';
import { CREATE, DELETE, ONE, ROTATE, TEST, type Payload, type Report } from './operations.ts';
import { startIntegrations, type Ask, type IntegrationsService } from './service.ts';

let service: IntegrationsService;

beforeAll(async () => {
  service = await startIntegrations();
});

afterAll(async () => {
  await service[Symbol.asyncDispose]();
});

async function create(ask: Ask, input: object): Promise<string> {
  const answer = await ask(CREATE, { input: { name: 'Tested', ...input } });
  const { integration, errors } = dataOf<{ result: Payload }>(answer).result;
  if (!integration) throw new Error(JSON.stringify(errors));
  return integration.id;
}

const ADDRESSES = {
  GITHUB: () => `${service.vendor.url}/base`,
  JIRA: () => service.vendor.jira.baseUrl,
  SERVICENOW: () => service.vendor.serviceNow.url,
} as const;

async function runTest(ask: Ask, id: string): Promise<Payload & { report: Report }> {
  return dataOf<{ result: Payload & { report: Report } }>(await ask(TEST, { input: { id } })).result;
}

describe('testIntegration', () => {
  it.each([
    ['GITHUB', { token: GITHUB_TOKEN }, 'octocat', ['repo', 'read:org']],
    ['JIRA', JIRA_CREDENTIAL, JIRA_CREDENTIAL.email, []],
    ['SERVICENOW', SERVICENOW_CREDENTIAL, 'integration.bot', ['itil', 'snc_internal']],
    ['SERVICENOW', SERVICENOW_CLIENT, 'integration.bot', ['itil', 'snc_internal']],
  ] as const)('signs in at %s with %j', async (kind, credential, account, permissions) => {
    const { owner } = await service.tenant();
    const id = await create(owner, { kind, baseUrl: ADDRESSES[kind](), credential });

    const { integration, report, errors } = await runTest(owner, id);

    expect({ report, errors }).toEqual({
      report: {
        ok: true,
        checkedAt: report.checkedAt,
        latencyMs: report.latencyMs,
        account,
        message: `Connected as ${account}.`,
        permissions,
      },
      errors: [],
    });
    expect(integration).toMatchObject({
      status: 'HEALTHY',
      lastError: null,
      lastTestedAt: report.checkedAt,
    });
  });

  it.each([
    ['unauthorized', /\(401\)/],
    ['limited', /Try again in 30 s/],
    ['malformed', /not one of GitHub's API/],
    ['moved', /redirect/],
    ['huge', /too large/],
    ['dropped', /refused or dropped/],
  ])('stores why it failed: %s', async (path, message) => {
    const { owner } = await service.tenant();
    const baseUrl = `${service.vendor.url}/${path}`;
    const id = await create(owner, { kind: 'GITHUB', baseUrl, credential: { token: GITHUB_TOKEN } });

    const { integration, report } = await runTest(owner, id);

    expect(report).toMatchObject({ ok: false, account: null, permissions: [] });
    expect(report.message).toMatch(message);
    expect(integration).toMatchObject({
      status: path === 'limited' ? 'DEGRADED' : 'BROKEN',
      lastError: report.message,
    });
    expect(report.message).not.toContain('127.0.0.1');
  });

  // SSRF by name: the name passes as text, what it resolves to does not.
  it('connects to no private address that a name hides', async () => {
    const { owner } = await service.tenant();
    const before = service.vendor.connectionCount();
    const credential = { token: GITHUB_TOKEN };
    const id = await create(owner, { kind: 'GITHUB', baseUrl: 'https://localhost.', credential });

    const { report } = await runTest(owner, id);

    expect(report).toMatchObject({ ok: false });
    expect(report.message).toMatch(/no public internet address/);
    expect(service.vendor.connectionCount()).toBe(before);
  });

  it('keeps no transaction open while it waits, and does not record what is overtaken by a new credential', async () => {
    const { owner, id: tenantId } = await service.tenant();
    const baseUrl = `${service.vendor.url}/held`;
    const id = await create(owner, { kind: 'GITHUB', baseUrl, credential: { token: GITHUB_TOKEN } });
    const before = service.vendor.requests.length;

    const testing = runTest(owner, id);
    await until('the test waits for the server', () => service.vendor.requests.length > before);
    const open = await service.rows(
      `SELECT state FROM pg_stat_activity
       WHERE datname = current_database() AND usename = 'flowgrid_integrations' AND state <> 'idle'`,
    );
    await owner(ROTATE, { input: { id, credential: { token: 'ghp_another-token-0001' } } });
    service.vendor.release();
    const { integration, report } = await testing;

    expect(open).toEqual([]);
    expect(report).toMatchObject({ ok: false });
    expect(integration).toMatchObject({ status: 'UNTESTED', lastError: null, credentialHint: '0001' });
    const audit = await service.rows<{ changes: object }>(
      `SELECT changes FROM integrations.audit_event WHERE tenant_id = $1 AND action = 'integration.tested'`,
      [tenantId],
    );
    expect(audit).toEqual([{ changes: { ok: false, message: report.message, isRecorded: false } }]);
  });

  it('of an integration that is deleted meanwhile ends as for an unknown one', async () => {
    const { owner } = await service.tenant();
    const baseUrl = `${service.vendor.url}/held`;
    const id = await create(owner, { kind: 'GITHUB', baseUrl, credential: { token: GITHUB_TOKEN } });
    const before = service.vendor.requests.length;

    const testing = owner(TEST, { input: { id } });
    await until('the test waits for the server', () => service.vendor.requests.length > before);
    await owner(DELETE, { input: { id } });
    service.vendor.release();

    expect(codesOf(await testing)).toEqual(['NOT_FOUND']);
  });

  it('runs five times at once for a tenant, and for others besides', async () => {
    const [one, other] = [await service.tenant(), await service.tenant()];
    const held = {
      kind: 'GITHUB',
      baseUrl: `${service.vendor.url}/held`,
      credential: { token: GITHUB_TOKEN },
    };
    const id = await create(one.owner, held);
    const otherId = await create(other.owner, { ...held, baseUrl: `${service.vendor.url}/base` });
    const before = service.vendor.requests.length;

    const five = Array.from({ length: 5 }, () => runTest(one.owner, id));
    await until('five tests wait', () => service.vendor.requests.length === before + 5);
    const sixth = await one.owner(TEST, { input: { id } });
    const ofOther = await runTest(other.owner, otherId);
    service.vendor.release();
    await Promise.all(five);
    const asked = service.vendor.requests.length;
    const later = runTest(one.owner, id);
    await until('a later test waits', () => service.vendor.requests.length > asked);
    service.vendor.release();

    expect(codesOf(sixth)).toEqual(['RATE_LIMITED']);
    expect(ofOther.report.ok).toBe(true);
    expect((await later).integration).toMatchObject({ status: 'BROKEN' });
  });

  // What has no answer at the deadline counts against the service: a few hanging servers of one tenant opened the router's
  // breaker, and nobody else reached their integrations.
  it('ends before the deadline of its request, however long the server hangs', async () => {
    const { owner } = await service.tenant();
    const baseUrl = `${service.vendor.url}/held`;
    const id = await create(owner, { kind: 'GITHUB', baseUrl, credential: { token: GITHUB_TOKEN } });

    const answer = await owner(TEST, { input: { id } }, { 'x-deadline-ms': '2500' });
    service.vendor.release();

    expect(answer.status).toBe(200);
    expect(dataOf<{ result: { report: Report } }>(answer).result.report).toMatchObject({
      ok: false,
      message: 'The server did not answer in time.',
    });
  });

  it('says that a credential from elsewhere does not open', async () => {
    const { owner, id: tenantId } = await service.tenant();
    const jira = {
      kind: 'GITHUB',
      baseUrl: `${service.vendor.url}/base`,
      credential: { token: GITHUB_TOKEN },
    };
    const first = await create(owner, { ...jira, name: 'First' });
    const second = await create(owner, { ...jira, name: 'Second' });
    await service.rows(
      `UPDATE integrations.integration_credential target SET envelope = source.envelope
       FROM integrations.integration_credential source
       WHERE target.tenant_id = $1 AND source.tenant_id = $1 AND target.integration_id = $2 AND source.integration_id = $3`,
      [tenantId, second, first],
    );

    const { report } = await runTest(owner, second);

    expect(report).toMatchObject({ ok: false, message: expect.stringContaining('cannot be opened') });
    expect((await runTest(owner, first)).report.ok).toBe(true);
    expect(dataOf(await owner(ONE, { id: second }))).toMatchObject({ integration: { status: 'BROKEN' } });
  });
});
