/** The GraphQL playground in a real browser, on the running platform. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_QUERY, SIGN_IN_STEPS } from '../../router/graphiql/texts.ts';
import { startDesign } from '../supergraph/designs.ts';
import { sharedPlatform } from '../testkit/shared-platform.ts';
import { PASSWORD, type TestTenant } from '../testkit/tenant.ts';
import { until } from '../testkit/wait.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { openPlayground } from './playground.ts';

const executable = findChromium();

const PROGRESS = `subscription Progress($session: ID!) {
  designProgress(sessionId: $session) { sequence phase state percent }
}`;
const APPROVE = 'mutation($id: ID!) { approveProcessModel(input: { sessionId: $id }) { session { state } } }';
const SIGN_OUT = 'mutation { signOut(input: {}) { endedSessions } }';

describe.skipIf(executable === null)('the playground', () => {
  const platform = sharedPlatform();
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium(String(executable));
  });
  afterAll(() => browser.close());

  test('it loads without an error, from its own server alone, and says how to sign in', async () => {
    await using playground = await openPlayground(browser, platform.graphqlUrl);

    await playground.page.getByText(SIGN_IN_STEPS).waitFor();

    expect(await playground.page.title()).toBe('Flowgrid GraphiQL');
    expect(playground.problems).toEqual([]);
    expect(playground.sockets).toEqual([]);
  });

  // Attack: a script in the page sends the token that is in its editor to a server of its own.
  test('a request to another server is refused by the page, and seen by these tests', async () => {
    await using playground = await openPlayground(browser, platform.graphqlUrl);
    const elsewhere = 'http://127.0.0.1:9/token';

    const answer = await playground.page.evaluate(`fetch('${elsewhere}').catch(() => 'refused')`);

    const refusal = await until('the refusal is seen', () =>
      playground.problems.find((problem) => problem.startsWith('refused:')),
    );
    expect(answer).toBe('refused');
    expect(refusal).toBe(`refused: connect-src ${elsewhere}`);
  });

  test('the first steps that it shows lead from sign-in to a finished design', async () => {
    const tenant = await platform.createTenant();
    await using playground = await openPlayground(browser, platform.graphqlUrl);
    await playground.writeQuery(forTenant(DEFAULT_QUERY, tenant));

    await playground.execute('SignIn');
    await playground.waitForResult(/"accessToken": ("[^"]+")/);
    const [, token] = /"accessToken": "([^"]+)"/.exec(await playground.copyResult()) ?? [];
    await playground.writeToken(String(token));
    await playground.execute('Agents');
    const name = await playground.waitForResult(/"name": "(Tenant [^"]+)"/);
    await playground.execute('StartDesign');
    const session = await playground.waitForResult(/"id": "([^"]+)"/);
    await playground.writeVariables({ session });
    await playground.execute('Progress');
    await playground.waitForResult(/"state": "(SUCCEEDED)"/);
    await playground.hasFinished();

    expect(name).toBe(`Tenant ${tenant.slug}`);
    expect(await playground.result()).toContain('"percent": 100');
    expect(playground.problems).toEqual([]);
  });

  test('a subscription shows its events as they come, and ends with the design', async () => {
    const tenant = await platform.createTenant();
    const session = await startDesign(tenant, { reviewProcess: true });
    await using playground = await openPlayground(browser, platform.graphqlUrl);
    await playground.writeQuery(PROGRESS);
    await playground.writeToken(tenant.users.EDITOR.accessToken);
    await playground.writeVariables({ session });
    await playground.execute();
    await playground.waitForResult(/"state": "(AWAITING_REVIEW)"/);
    const isOpenInReview = await playground.isRunning();

    // The design goes on only now: what the page shows afterwards cannot have been there before.
    await tenant.get(APPROVE, { id: session });
    await playground.waitForResult(/"state": "(SUCCEEDED)"/);
    await playground.hasFinished();

    expect(isOpenInReview).toBe(true);
    expect(await playground.result()).toContain('"percent": 100');
    expect(playground.sockets).toEqual([platform.graphqlUrl.replace('http:', 'ws:')]);
    expect(playground.problems).toEqual([]);
  });

  test('without a valid token a query and a subscription are answered with the request to sign in', async () => {
    const tenant = await platform.createTenant();
    const session = await startDesign(tenant);
    await using playground = await openPlayground(browser, platform.graphqlUrl);

    await playground.execute('Agents');
    const asked = await playground.waitForResult(/"message": "([^"]+)"/);
    await playground.writeQuery(PROGRESS);
    await playground.writeVariables({ session });
    await playground.execute();
    const followed = await playground.waitForResult(/"message": "(Sign in to subscribe[^"]+)"/);
    const code = await playground.waitForResult(/"code": "([^"]+)"/);
    await playground.hasFinished();
    await playground.writeToken('not-a-token');
    await playground.execute();
    const followedByOther = await playground.waitForResult(/"message": "([^"]+)"/);

    expect(asked).toBe('Sign in to see this.');
    expect([followed, code]).toEqual([
      'Sign in to subscribe: Headers has no valid access token.',
      'UNAUTHENTICATED',
    ]);
    expect(followedByOther).toBe(followed);
    // A refusal is final: a page that tries again and again shows nothing for a minute.
    expect(playground.sockets).toHaveLength(2);
    expect(playground.problems).toEqual([]);
  });

  test('a subscription whose session is signed out says so', async () => {
    const tenant = await platform.createTenant();
    const session = await startDesign(tenant, { reviewProcess: true });
    await using playground = await openPlayground(browser, platform.graphqlUrl);
    await playground.writeQuery(PROGRESS);
    await playground.writeToken(tenant.users.VIEWER.accessToken);
    await playground.writeVariables({ session });
    await playground.execute();
    await playground.waitForResult(/"state": "(AWAITING_REVIEW)"/);

    await tenant.ask('VIEWER', SIGN_OUT);

    const message = await playground.waitForResult(/"message": "([^"]+)"/);
    expect(message).toBe('The access token has expired or was revoked. Sign in again.');
    expect(playground.problems).toEqual([]);
  });
});

/** The steps with the names of a tenant of the test in place of the demo's. */
function forTenant(query: string, tenant: TestTenant): string {
  return query
    .replace('editor@acme.test', tenant.users.EDITOR.email)
    .replace('flowgrid-demo', PASSWORD)
    .replace('"acme"', `"${tenant.slug}"`);
}
