/** A sign-in at another system in a real browser: the client's page, the vendor's page, and the callback between them. */
import { createServer, type Server } from 'node:http';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  OAUTH_CLIENT,
  startOAuthServer,
  type OAuthServer,
} from '../../subgraphs/integrations/src/testkit/oauth-server.ts';
import { dataOf } from '../testkit/graphql.ts';
import {
  startIntegrations,
  type IntegrationsService,
  type TestTenant,
} from '../integration/integrations/service.ts';
import { CREATE } from '../integration/integrations/operations.ts';
import { findChromium, launchChromium } from './chromium.ts';

const executable = findChromium();

const START = `mutation($input: StartIntegrationAuthorizationInput!) {
  result: startIntegrationAuthorization(input: $input) { authorizationUrl }
}`;
const COMPLETE = `mutation($input: CompleteIntegrationAuthorizationInput!) {
  result: completeIntegrationAuthorization(input: $input) { integration { status } errors { code } }
}`;
/** What a console does: it opens the address in a window of its own, waits for the callback's page, and says that it took it. */
const CLIENT = `<!doctype html><title>client</title><script>
  window.received = [];
  const channel = new BroadcastChannel('flowgrid-authorization');
  const take = (data, reply) => {
    if (data?.type !== 'flowgrid-authorization') return;
    window.received.push(data);
    if (window.isWaiting) reply({ type: 'flowgrid-authorization-taken', state: data.state });
  };
  channel.addEventListener('message', (event) => take(event.data, (answer) => channel.postMessage(answer)));
  window.addEventListener('message', (event) => {
    if (event.origin === location.origin) take(event.data, (answer) => event.source.postMessage(answer, location.origin));
  });
</script>`;

interface Received {
  readonly type: string;
  readonly state: string;
  readonly code?: string;
  readonly error?: string;
}

describe.skipIf(executable === null)('a sign-in at another system', () => {
  const stack = new AsyncDisposableStack();
  let browser: Browser;
  let context: BrowserContext;
  let vendor: OAuthServer;
  let service: IntegrationsService;
  let origin: string;
  let tenant: TestTenant;
  let openerPolicy: string | null;

  beforeAll(async () => {
    browser = await launchChromium(String(executable));
    stack.defer(() => browser.close());
    vendor = stack.use(await startOAuthServer());
    // In the place of the edge: the client's page and the callback are of one origin.
    const edge = createServer((request, response) => {
      const policy = openerPolicy === null ? {} : { 'cross-origin-opener-policy': openerPolicy };
      if (request.url === '/') {
        response.writeHead(200, { 'content-type': 'text/html', ...policy }).end(CLIENT);
        return;
      }
      void fetch(`${service.url}${(request.url ?? '').replace(/\?.*$/, '')}`).then(async (answer) => {
        response.writeHead(answer.status, { ...Object.fromEntries(answer.headers), ...policy });
        response.end(await answer.text());
      });
    });
    origin = await listen(edge);
    stack.defer(() => {
      edge.closeAllConnections();
      edge.close();
    });
    service = stack.use(
      await startIntegrations([vendor.host], {
        PUBLIC_URL: origin,
        ATLASSIAN_AUTH_URL: vendor.url,
        ATLASSIAN_API_URL: vendor.url,
      }),
    );
  });
  afterAll(() => stack.disposeAsync());
  beforeEach(async () => {
    openerPolicy = null;
    vendor.deny = false;
    vendor.sites = [vendor.url];
    tenant = await service.tenant();
    context = await browser.newContext();
    return () => context.close();
  });

  async function begin(): Promise<string> {
    const input = { kind: 'JIRA', name: 'Jira', baseUrl: vendor.url, credential: OAUTH_CLIENT };
    const created = dataOf<{ result: { integration: { id: string } } }>(
      await tenant.owner(CREATE, { input }),
    );
    const started = await tenant.owner(START, { input: { integrationId: created.result.integration.id } });
    return dataOf<{ result: { authorizationUrl: string } }>(started).result.authorizationUrl;
  }

  async function openClient(isWaiting: boolean): Promise<Page> {
    const page = await context.newPage();
    await page.goto(origin);
    await page.evaluate(`window.isWaiting = ${isWaiting}`);
    return page;
  }

  async function openWindow(client: Page, url: string): Promise<Page> {
    const [opened] = await Promise.all([
      context.waitForEvent('page'),
      client.evaluate(`void window.open(${JSON.stringify(url)}, '_blank', 'popup')`),
    ]);
    return opened;
  }

  async function received(client: Page): Promise<Received> {
    await client.waitForFunction('window.received.length > 0');
    return (await client.evaluate('window.received[0]')) as Received;
  }

  async function complete({ state, code, error }: Received): Promise<unknown> {
    const answer = await tenant.owner(COMPLETE, { input: { state, code, error } });
    return dataOf<{ result: unknown }>(answer).result;
  }

  // With the policy of the edge the vendor's page takes the opener away; the channel of the origin stays.
  test.each([null, 'same-origin'])(
    'comes back to the client that began it (opener policy %s)',
    async (policy) => {
      openerPolicy = policy;
      const client = await openClient(true);

      const popup = await openWindow(client, await begin());
      const closed = popup.isClosed() ? Promise.resolve() : popup.waitForEvent('close');
      const answer = await received(client);
      await closed;

      expect(await complete(answer)).toEqual({ integration: { status: 'HEALTHY' }, errors: [] });
    },
  );

  test('that is declined comes back too', async () => {
    vendor.deny = true;
    const client = await openClient(true);

    await openWindow(client, await begin());

    expect(await complete(await received(client))).toMatchObject({ errors: [{ code: 'ACCESS_DENIED' }] });
  });

  test('that nobody waits for is shown to be copied, out of the address and its history', async () => {
    const url = await begin();
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));

    await page.goto(url);
    await page.getByText('Copy this to where you began').waitFor();

    const [state = '', code = ''] = await page.locator('code').allTextContents();
    expect(page.url()).toBe(`${origin}/oauth/callback`);
    expect(problems).toEqual([]);
    expect(await complete({ type: '', state, code })).toMatchObject({ errors: [] });
  });

  // Attack: what the address carries is shown as markup, or runs.
  test('shows foreign text as text', async () => {
    const page = await context.newPage();
    const markup = '<img src=x onerror="document.title=1">';

    await page.goto(
      `${origin}/oauth/callback?${new URLSearchParams({ state: markup, code: 'c' }).toString()}`,
    );
    await page.getByText('Copy this to where you began').waitFor();

    expect(await page.locator('code').first().textContent()).toBe(markup);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('Flowgrid: sign-in');
  });

  // Attack: a page of another origin opens the callback, or frames it, to be handed the code.
  test('hands nothing to a page of another origin', async () => {
    const attacker = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(CLIENT);
    });
    const elsewhere = await listen(attacker);
    const page = await context.newPage();
    await page.goto(elsewhere);

    const popup = await openWindow(page, `${origin}/oauth/callback?state=s&code=c`);
    await popup.getByText('Copy this to where you began').waitFor();

    expect(await page.evaluate('window.received')).toEqual([]);
    attacker.closeAllConnections();
    attacker.close();
  });
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}
