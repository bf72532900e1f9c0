/** The GraphQL playground in a browser, used as a developer uses it: by its editors and its button. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { until } from '../testkit/wait.ts';

export interface Playground extends AsyncDisposable {
  readonly page: Page;
  /** What a page that works does not have: errors in the console, refused loads, requests to other servers. */
  readonly problems: readonly string[];
  /** Addresses of the sockets that the page has opened. */
  readonly sockets: readonly string[];
  /** Replaces what is in the query editor. */
  writeQuery(query: string): Promise<void>;
  writeVariables(variables: Readonly<Record<string, unknown>>): Promise<void>;
  /** Puts an access token into the headers editor. */
  writeToken(token: string): Promise<void>;
  /** Presses the button; `operation` is chosen from the menu that several operations open. */
  execute(operation?: string): Promise<void>;
  /** What the result pane shows, in one line. */
  result(): Promise<string>;
  /** Copies the whole result. */
  copyResult(): Promise<string>;
  /** Waits until the result pane shows what fits, and gives its first group. */
  waitForResult(pattern: RegExp): Promise<string>;
  /** The button stops what runs, and executes when nothing does. */
  isRunning(): Promise<boolean>;
  hasFinished(): Promise<void>;
}

const QUERY = '.graphiql-query-editor';
const TOOL = '.graphiql-editor-tool';
const RESULT = '.graphiql-response';

/** Long enough for the page to load, and for a design, on a busy machine. */
const LIMIT_MS = 60_000;

/** Opens the page with a profile of its own, and waits until it knows the schema. */
export async function openPlayground(browser: Browser, graphqlUrl: string): Promise<Playground> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  context.setDefaultTimeout(LIMIT_MS);
  const problems = watchForProblems(context, new URL(graphqlUrl).host);
  const page = await context.newPage();
  const sockets: string[] = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  await reportRefusedLoads(page, problems);
  const schema = page.waitForResponse(
    (response) => response.request().postData()?.includes('__schema') ?? false,
  );
  await page.goto(graphqlUrl);
  await schema;
  await page.locator(`${QUERY} .view-lines`).waitFor();
  return {
    page,
    problems,
    sockets,
    writeQuery: (query) => replaceText(page, QUERY, query),
    writeVariables: (variables) => writeTool(page, 'Variables', JSON.stringify(variables)),
    writeToken: (token) => writeTool(page, 'Headers', JSON.stringify({ authorization: `Bearer ${token}` })),
    execute: async (operation) => {
      await page.getByRole('button', { name: 'Execute query' }).click();
      if (operation !== undefined) await page.getByRole('menuitem', { name: operation, exact: true }).click();
    },
    result: () => textOf(page, RESULT),
    copyResult: () => copyAll(page, RESULT),
    waitForResult: (pattern) =>
      until(
        `the result fits ${pattern.source}`,
        async () => pattern.exec(await textOf(page, RESULT))?.[1],
        LIMIT_MS,
      ).catch(async (cause: unknown) => {
        throw new Error(`the result is ${await textOf(page, RESULT)}`, { cause });
      }),
    isRunning: () => page.getByRole('button', { name: 'Stop query' }).isVisible(),
    hasFinished: () => page.getByRole('button', { name: 'Execute query' }).waitFor(),
    [Symbol.asyncDispose]: () => context.close(),
  };
}

function watchForProblems(context: BrowserContext, host: string): string[] {
  const problems: string[] = [];
  context.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`);
  });
  context.on('weberror', (error) => problems.push(`uncaught: ${error.error().message}`));
  context.on('request', (request) => {
    const { protocol, host: asked } = new URL(request.url());
    if (protocol.startsWith('http') && asked !== host) problems.push(`request: ${request.url()}`);
  });
  context.on('response', (response) => {
    if (response.status() >= 400) problems.push(`answer: ${response.status()} ${response.url()}`);
  });
  context.on('page', (page) =>
    page.on('websocket', (socket) => {
      if (new URL(socket.url()).host !== host) problems.push(`socket: ${socket.url()}`);
    }),
  );
  return problems;
}

/** A policy may refuse quietly: the event tells of every refusal. */
async function reportRefusedLoads(page: Page, problems: string[]): Promise<void> {
  await page.exposeFunction('reportRefusedLoad', (what: string) => problems.push(`refused: ${what}`));
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', (event) => {
    reportRefusedLoad(event.violatedDirective + ' ' + event.blockedURI);
  })`);
}

async function writeTool(page: Page, tool: 'Variables' | 'Headers', text: string): Promise<void> {
  await page.getByRole('button', { name: tool, exact: true }).click();
  await replaceText(page, TOOL, text);
}

async function replaceText(page: Page, editor: string, text: string): Promise<void> {
  await page.locator(`${editor} .view-lines`).filter({ visible: true }).click();
  await page.keyboard.press('ControlOrMeta+A');
  // Pasted: to what is typed, the editor adds spaces and closing brackets of its own.
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  await page.keyboard.press('ControlOrMeta+V');
}

/** The lines that fit, from the top; long ones are wrapped, so a wrap counts as a space. */
async function textOf(page: Page, pane: string): Promise<string> {
  const text = await page.evaluate<string>(`[...document.querySelectorAll('${pane} .view-line')]
    .toSorted((one, other) => one.offsetTop - other.offsetTop)
    .map((line) => line.textContent)
    .join(' ')`);
  return text.replaceAll(/\s+/g, ' ');
}

/** As a person copies it, so that nothing is wrapped. */
async function copyAll(page: Page, pane: string): Promise<string> {
  await page.locator(`${pane} .view-lines`).click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.press('ControlOrMeta+C');
  return page.evaluate<string>('navigator.clipboard.readText()');
}
