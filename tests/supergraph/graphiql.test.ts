/** The playground as a browser loads it from the running router. */
import { expect, test } from 'vitest';
import { sharedPlatform } from '../testkit/shared-platform.ts';

const { graphqlUrl, routerUrl } = sharedPlatform();
const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

test('a browser gets the playground, with everything that it loads from the router alone', async () => {
  const page = await fetch(graphqlUrl, { headers: BROWSER });
  const html = await page.text();
  const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => String(link));

  const files = await Promise.all(links.map((link) => fetch(new URL(link, routerUrl))));

  expect(page.status).toBe(200);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(links.some((link) => link.endsWith('.js'))).toBe(true);
  // An address elsewhere is data that leaves the company, and a page that does not work without the internet.
  expect(links.filter((link) => !link.startsWith('/graphiql/') && !link.startsWith('data:'))).toEqual([]);
  expect(files.map(({ status }) => status)).toEqual(files.map(() => 200));
  const script = files.find(({ url }) => url.endsWith('.js'));
  expect(script?.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect((await script?.text())?.length).toBeGreaterThan(10_000);
});

test('the styles load nothing from elsewhere', async () => {
  const html = await (await fetch(graphqlUrl, { headers: BROWSER })).text();
  const [, link] = /href="([^"]+\.css)"/.exec(html) ?? [];

  const css = await (await fetch(new URL(String(link), routerUrl))).text();

  expect(css.match(/(?:url\(|@import)\s*["']?(?:https?:)?\/\//g)).toBeNull();
});
