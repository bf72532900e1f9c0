/** What only Jira does: its rights, its required fields, its webhooks, and which of its addresses is for what. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { without } from '../../testkit/jira-bench.ts';
import { openJiraConnections, type JiraConnections } from '../../testkit/jira-connections.ts';
import { startJiraServer, type JiraServer, type JiraServerOptions } from '../../testkit/jira-server.ts';
import type { Capability, CapabilityCheck } from '../connector.ts';
import { createJiraConnector } from './jira-connector.ts';
import { toAdf } from './markdown-adf.ts';

const PERSON = 'Basic Ym90QGV4YW1wbGUudGVzdDp0b2tlbg==';
const APP = 'Bearer access-token-0001';

let server: JiraServer;
let connections: JiraConnections;
const connector = createJiraConnector();
const until = (): AbortSignal => AbortSignal.timeout(10_000);

async function start(options: JiraServerOptions = {}): Promise<void> {
  server = await startJiraServer(options);
  connections = openJiraConnections(server);
  server.addAccount({ authorization: PERSON });
  if (server.world.edition === 'CLOUD') server.addAccount({ authorization: APP });
  server.addProject('OPS');
}

/** Each test is of Cloud, but for those that start another. */
beforeEach(() => start());
afterEach(async () => {
  await connections[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function restart(options: JiraServerOptions): Promise<void> {
  await connections[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await start(options);
}

const missingOf = (checks: readonly CapabilityCheck[]): Partial<Record<Capability, string | null>> =>
  Object.fromEntries(
    checks
      .filter(({ status }) => status === 'MISSING')
      .map(({ capability, missing }) => [capability, missing]),
  );

describe('a check', () => {
  test('names the permission that each capability needs', async () => {
    const cases = [
      ['BROWSE_PROJECTS', ['READ_ITEMS', 'SYNC'], 'Grant the permission "Browse Projects" in a project.'],
      ['CREATE_ISSUES', ['CREATE_ITEMS'], 'Grant the permission "Create Issues" in a project.'],
      ['ADD_COMMENTS', ['COMMENT'], 'Grant the permission "Add Comments" in a project.'],
      ['TRANSITION_ISSUES', ['TRANSITION'], 'Grant the permission "Transition Issues" in a project.'],
    ] as const;

    for (const [permission, capabilities, words] of cases) {
      const authorization = `Basic ${permission}`;
      server.addAccount({ authorization, permissions: without(permission) });
      const { capabilities: checks } = await connector.check(connections.asPerson(authorization), until());

      const { WEBHOOKS: _byHand, ...missing } = missingOf(checks);
      expect(missing).toEqual(Object.fromEntries(capabilities.map((capability) => [capability, words])));
    }
  });

  test('names the scopes that an OAuth app lacks, beside the permissions of whom it acts for', async () => {
    server.addAccount({ authorization: 'Bearer reader', scopes: ['read:jira-work', 'read:jira-user'] });
    server.addAccount({
      authorization: 'Bearer small',
      scopes: ['read:jira-work', 'read:jira-user', 'write:issue:jira'],
    });

    const all = await connector.check(connections.asApp(APP), until());
    const reader = await connector.check(connections.asApp('Bearer reader'), until());
    const small = await connector.check(connections.asApp('Bearer small'), until());

    expect(missingOf(all.capabilities)).toEqual({});
    expect(all.permissions).toContain('write:jira-work');
    expect(missingOf(reader.capabilities)).toEqual({
      CREATE_ITEMS: 'Grant the OAuth app the scope "write:jira-work".',
      COMMENT: 'Grant the OAuth app the scope "write:jira-work".',
      TRANSITION: 'Grant the OAuth app the scope "write:jira-work".',
      WEBHOOKS: 'Grant the OAuth app the scope "manage:jira-webhook".',
    });
    // Of many small scopes it is not told from here what they are enough for.
    expect(small.capabilities.filter(({ status }) => status === 'UNKNOWN')).toHaveLength(4);
  });

  test('says how webhooks are made where the API does not', async () => {
    const { capabilities } = await connector.check(connections.asPerson(PERSON), until());

    expect(missingOf(capabilities)).toEqual({ WEBHOOKS: expect.stringMatching(/by hand: Jira settings/) });
  });

  test.each([
    [9, { WEBHOOKS: expect.stringMatching(/from release 10 on/) }],
    [10, {}],
  ])('of Data Center %i says whether its webhooks are signed', async (majorVersion, missing) => {
    await restart({ edition: 'DATA_CENTER', majorVersion });

    const { capabilities, login } = await connector.check(connections.asPerson(PERSON), until());

    expect(missingOf(capabilities)).toEqual(missing);
    expect(login).toBe('bot@example.test');
  });

  test('of Data Center names the permission that webhooks need', async () => {
    await restart({ edition: 'DATA_CENTER', majorVersion: 10 });
    server.addAccount({ authorization: 'Bearer token', permissions: without('ADMINISTER') });

    const { capabilities } = await connector.check(connections.asPerson('Bearer token'), until());

    expect(missingOf(capabilities)).toEqual({ WEBHOOKS: 'Grant the permission "Administer Jira".' });
  });
});

test('links lead to the site, though an app asks elsewhere', async () => {
  const { key } = server.addIssue({ project: 'OPS', summary: 'Late' });

  const found = await connector.findItem(connections.asApp(APP), key, until());
  const comment = await connector.addComment(connections.asApp(APP), { key, body: 'Paid.' }, until());

  expect(found?.url).toBe(`${server.baseUrl}/browse/${key}`);
  expect(comment?.url).toBe(`${server.baseUrl}/browse/${key}?focusedCommentId=${comment?.id}`);
  expect(server.requests.every((request) => request.includes('/ex/jira/'))).toBe(true);
});

test('which edition it is, is asked once', async () => {
  const own = createJiraConnector();
  const { key } = server.addIssue({ project: 'OPS', summary: 'Late' });

  for (let count = 0; count < 3; count += 1) await own.findItem(connections.asPerson(PERSON), key, until());

  expect(server.requests.filter((request) => request.endsWith('/serverInfo'))).toHaveLength(1);
});

describe.each(['CLOUD', 'DATA_CENTER'] as const)('a new issue in %s', (edition) => {
  const draft = { container: 'OPS', type: null, title: 'Late', body: '**Ask** Ann' };
  const make = (
    more: Partial<typeof draft> | { type: string } = {},
  ): Promise<{ key: string; type: string }> =>
    connector.createItem(connections.asPerson(PERSON), { ...draft, ...more }, until());
  beforeEach(() => restart({ edition }));
  const typeOf = (name: string) => {
    const type = server.world.projects.get('OPS')?.types.find((candidate) => candidate.name === name);
    if (type === undefined) throw new Error(`no type ${name}`);
    return type;
  };

  test('is the usual kind of the project, or the named one', async () => {
    expect((await make()).type).toBe('Task');
    expect((await make({ type: ' bUG ' })).type).toBe('Bug');
    const written = { CLOUD: toAdf('**Ask** Ann'), DATA_CENTER: '*Ask* Ann' };
    expect(server.world.issues[0]?.description).toEqual(written[edition]);
  });

  test('of a kind that is not there says which are', async () => {
    await expect(make({ type: 'Incident' })).rejects.toThrow(
      'The project OPS has no such kind of issue. It has "Epic", "Bug", "Task".',
    );
  });

  test('that needs more than can be filled in says what, and is not sent', async () => {
    typeOf('Task').fields.push(
      { fieldId: 'customfield_1', name: 'Team "A"', required: true, hasDefaultValue: false },
      { fieldId: 'customfield_2', name: 'Severity', required: true, hasDefaultValue: false },
      { fieldId: 'customfield_3', name: 'Source', required: true, hasDefaultValue: true },
    );

    await expect(make()).rejects.toThrow(
      `Jira requires "Team 'A'", "Severity" for "Task" in OPS. Make this one there.`,
    );
    expect(server.requests.filter((request) => request.startsWith('POST'))).toEqual([]);
  });

  test('whose kind takes no text says so', async () => {
    const { fields } = typeOf('Task');
    fields.splice(
      fields.findIndex(({ fieldId }) => fieldId === 'description'),
      1,
    );

    await expect(make()).rejects.toThrow('Jira takes no text for "Task" in OPS.');
    expect((await make({ body: '' })).key).toBe('OPS-1');
  });

  test('in a project that is not shown names the permission', async () => {
    await expect(make({ container: 'SECRET' })).rejects.toThrow('the permission "Create Issues"');
  });

  test('that is too long is not sent', async () => {
    await expect(make({ title: 'x'.repeat(256) })).rejects.toThrow('takes 255 characters');
    await expect(make({ body: 'x'.repeat(32_768) })).rejects.toThrow('takes 32767 characters');
    await expect(make({ title: ' \n ' })).rejects.toThrow('needs a title');
    expect(server.world.issues).toEqual([]);
  });

  test('is there, though it cannot be read afterwards', async () => {
    server.fail('BROKEN', { matching: /^GET .*\/issue\/OPS-1$/, times: 5 });

    expect(await make()).toMatchObject({ key: 'OPS-1', title: 'Late', body: '**Ask** Ann', updatedAt: null });
    expect(server.world.issues).toHaveLength(1);
  });
});

describe('a step', () => {
  const resolution = { fieldId: 'resolution', name: 'Resolution', required: true, hasDefaultValue: false };
  const take = (key: string, transitionId: string) =>
    connector.transitionItem(connections.asPerson(PERSON), { key, transitionId }, until());

  test('names the fields that a person has to fill in first', async () => {
    const issue = server.addIssue({ project: 'OPS', summary: 'Late' });
    server.world.projects.get('OPS')?.transitions[2]?.fields.push(resolution);

    const offered = await connector.listTransitions(connections.asPerson(PERSON), issue.key, until());

    expect(offered?.at(-1)).toEqual({ id: '31', name: 'Finish', toState: 'Done', requires: ['Resolution'] });
    await expect(take(issue.key, '31')).rejects.toThrow('Jira requires "Resolution" for this step.');
    expect(issue.status).toBe('To Do');
    issue.fields['resolution'] = { name: 'Done' };
    expect(await take(issue.key, '31')).toMatchObject({ state: 'Done' });
  });

  test('that is taken is told, though the issue cannot be read afterwards', async () => {
    const { key } = server.addIssue({ project: 'OPS', summary: 'Late' });
    server.fail('BROKEN', { matching: /^GET .*\/issue\/OPS-1$/, after: 1, times: 5 });

    expect(await take(key, '31')).toMatchObject({ key, title: 'Late', state: 'Done' });
  });
});

describe('webhooks of Cloud', () => {
  const DAY_MS = 24 * 60 * 60_000;
  const wanted = { url: 'https://flowgrid.example.test/hooks/1', secret: 's', scope: 'OPS' };
  const { webhooks } = connector;
  if (!webhooks) throw new Error('no registrar');

  test('last 30 days, and as long again from each refresh', async () => {
    let now = Date.parse('2026-03-01T10:00:00Z');
    server.world.now = () => now;

    const first = await webhooks.register(connections.asApp(APP), wanted, until());
    now += 20 * DAY_MS;
    const second = await webhooks.refresh(connections.asApp(APP), first, until());
    now += 31 * DAY_MS;

    expect(first.expiresAt).toEqual(new Date('2026-03-31T10:00:00Z'));
    expect(second.expiresAt).toEqual(new Date('2026-04-20T10:00:00Z'));
    await expect(webhooks.refresh(connections.asApp(APP), second, until())).rejects.toThrow(
      'no longer there',
    );
  });

  test('are about one project, and come from an app', async () => {
    const registering = (scope: string | null, as = connections.asApp(APP)) =>
      webhooks.register(as, { ...wanted, scope }, until());

    await expect(registering(null)).rejects.toThrow('about one project');
    await expect(registering('x" OR project = "OPS')).rejects.toThrow('no key of a Jira project');
    await expect(registering('OPS', connections.asPerson(PERSON))).rejects.toThrow('by hand');
    await expect(registering('NONE')).rejects.toThrow('Jira refuses the webhook');
    expect(server.world.webhooks).toEqual([]);
  });

  test('leave nothing behind when it is not told until when they last', async () => {
    server.fail('BROKEN', { matching: /^PUT /, times: 5 });

    await expect(webhooks.register(connections.asApp(APP), wanted, until())).rejects.toThrow('(503)');

    expect(server.world.webhooks).toEqual([]);
  });
});

describe('webhooks of Data Center', () => {
  const wanted = {
    url: 'https://flowgrid.example.test/hooks/1',
    secret: 'the-secret-of-the-hook',
    scope: null,
  };
  const { webhooks } = connector;
  if (!webhooks) throw new Error('no registrar');

  test('are signed with the secret of the hook, the last one that was registered', async () => {
    await restart({ edition: 'DATA_CENTER', majorVersion: 10 });

    await webhooks.register(connections.asPerson(PERSON), { ...wanted, secret: 'a former one' }, until());
    const again = await webhooks.register(connections.asPerson(PERSON), { ...wanted, scope: 'OPS' }, until());

    expect(server.world.webhooks).toMatchObject([
      { id: Number(again.id), url: wanted.url, secret: wanted.secret, jql: 'project = "OPS"' },
    ]);
    expect(again.expiresAt).toBeNull();
  });

  test('that nobody could tell from forgeries are not registered', async () => {
    await restart({ edition: 'DATA_CENTER', majorVersion: 9 });

    await expect(webhooks.register(connections.asPerson(PERSON), wanted, until())).rejects.toThrow(
      'release 10',
    );
  });

  test('need an administrator', async () => {
    await restart({ edition: 'DATA_CENTER', majorVersion: 10 });
    server.addAccount({ authorization: 'Bearer token', permissions: without('ADMINISTER') });

    await expect(webhooks.register(connections.asPerson('Bearer token'), wanted, until())).rejects.toThrow(
      'the permission "Administer Jira"',
    );
  });
});
