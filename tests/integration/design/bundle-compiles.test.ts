/** A generated bundle is installed, compiled by its own compiler options and loaded, as who downloads it would. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateBundle } from '../../../subgraphs/design/src/modules/code/generate-bundle.ts';
import type { BundleInput } from '../../../subgraphs/design/src/modules/code/generate-bundle.ts';
import { zipBundle } from '../../../subgraphs/design/src/modules/code/zip-bundle.ts';
import { proposeDefinition } from '../../../subgraphs/design/src/modules/definition/propose-definition.ts';
import {
  CLAIM_MODEL,
  CLAIM_TEXT,
  CLAIM_TITLE,
  HOSTILE_DEFINITION,
  HOSTILE_MODEL,
  HOSTILE_TEXT,
} from '../../../subgraphs/design/src/modules/definition/samples.ts';

const run = promisify(execFile);
const INSTALL_TIMEOUT_MS = 300_000;
const COMPILE_TIMEOUT_MS = 120_000;
/** The compiler of this repository: the bundle's own is an optional package per platform, which is not installed here. */
const COMPILER = fileURLToPath(import.meta.resolve('typescript/package.json')).replace(
  'package.json',
  'bin/tsc',
);

const ORDINARY: BundleInput = {
  name: 'Travel claims',
  slug: 'travel-claims',
  definition: proposeDefinition({
    title: CLAIM_TITLE,
    description: CLAIM_TEXT,
    processModel: CLAIM_MODEL,
    existingAgents: [],
    integrationKinds: ['JIRA'],
    model: { provider: 'anthropic', name: 'some-model' },
  }).definition,
  processModel: CLAIM_MODEL,
};
const HOSTILE: BundleInput = {
  name: HOSTILE_TEXT,
  slug: HOSTILE_TEXT,
  definition: HOSTILE_DEFINITION,
  processModel: HOSTILE_MODEL,
};

let folder = '';
/** One install serves all: the bundles depend on the same versions. */
let modules = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flowgrid-bundle-'));
  await unpack(ORDINARY, 'installed');
  const flags = ['--omit=optional', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...flags], { cwd: join(folder, 'installed'), timeout: INSTALL_TIMEOUT_MS });
  modules = join(folder, 'installed', 'node_modules');
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function unpack(input: BundleInput, name: string): Promise<string> {
  const target = join(folder, name);
  for (const [path, bytes] of Object.entries(unzipSync(zipBundle(generateBundle(input).files)))) {
    await mkdir(dirname(join(target, path)), { recursive: true });
    await writeFile(join(target, path), bytes);
  }
  return target;
}

async function build(input: BundleInput, name: string): Promise<string> {
  const target = await unpack(input, name);
  await symlink(modules, join(target, 'node_modules'), 'junction');
  const compiled = run(process.execPath, [COMPILER, '-p', 'tsconfig.json'], {
    cwd: target,
    timeout: COMPILE_TIMEOUT_MS,
  });
  await compiled.catch((error: unknown) => {
    const output =
      typeof error === 'object' && error !== null && 'stdout' in error ? String(error.stdout) : '';
    throw new Error(`The bundle does not compile:\n${output}`, { cause: error });
  });
  return target;
}

/** Runs a module in the built bundle and gives what it prints as JSON. */
async function evaluate(target: string, code: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: target,
    timeout: COMPILE_TIMEOUT_MS,
  });
  const printed: unknown = JSON.parse(stdout);
  return printed;
}

describe('an ordinary bundle', () => {
  let target = '';

  test(
    'compiles under its strict options',
    async () => {
      target = await build(ORDINARY, 'ordinary');

      expect(await readdir(join(target, 'dist'))).toContain('main.js');
    },
    COMPILE_TIMEOUT_MS,
  );

  test('gives the model a clear answer for a tool that is not connected', async () => {
    const answers = await evaluate(
      target,
      `import { jiraCreateIssueTool } from './dist/tools/jira-create-issue.js';
       import { sapBookPayoutTool } from './dist/tools/sap-book-payout.js';
       const jira = await jiraCreateIssueTool.handler({ travel_claim: 'x' }, {});
       const sap = await sapBookPayoutTool.handler({ claim_amount: 1 }, {});
       console.log(JSON.stringify([jira, sap]));`,
    );

    expect(answers).toEqual([
      {
        isError: true,
        content: [{ type: 'text', text: 'Tool jira_create_issue is not connected: set JIRA_CONNECTOR_URL.' }],
      },
      {
        isError: true,
        content: [
          {
            type: 'text',
            text: 'Tool sap_book_payout is not connected: write its execute function in src/tools.',
          },
        ],
      },
    ]);
  });

  test('calls a connector with the input, and refuses an answer of another type', async () => {
    const answers = await evaluate(
      target,
      `import { createServer } from 'node:http';
       import { text } from 'node:stream/consumers';
       import { jiraCreateIssueTool } from './dist/tools/jira-create-issue.js';
       const asked = [];
       const server = createServer(async (request, response) => {
         asked.push(JSON.parse(await text(request)));
         response.end(JSON.stringify({ jira_issue: asked.length === 1 ? 'ACME-1' : 7 }));
       });
       await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
       process.env.JIRA_CONNECTOR_URL = 'http://127.0.0.1:' + server.address().port;
       const good = await jiraCreateIssueTool.handler({ travel_claim: 'x' }, {});
       const bad = await jiraCreateIssueTool.handler({ travel_claim: 'x' }, {});
       server.closeAllConnections();
       server.close();
       console.log(JSON.stringify([asked[0], good, bad.isError]));`,
    );

    expect(answers).toEqual([
      { tool: 'jira_create_issue', input: { travel_claim: 'x' } },
      { content: [{ type: 'text', text: '{"jira_issue":"ACME-1"}' }] },
      true,
    ]);
  });

  test('ends a tool that gives no answer in time', async () => {
    const answer = await evaluate(
      target,
      `import { runTool } from './dist/run-tool.js';
       console.log(JSON.stringify(await runTool('slow', () => new Promise(() => {}), 20)));`,
    );

    expect(answer).toEqual({
      isError: true,
      content: [{ type: 'text', text: 'Tool slow gave no answer within 20 ms.' }],
    });
  });

  test('says how to use it when it is started without a task', async () => {
    const started = run(process.execPath, ['dist/main.js'], { cwd: target, timeout: COMPILE_TIMEOUT_MS });
    started.child.stdin?.end();

    await expect(started).rejects.toMatchObject({
      code: 2,
      stderr: 'Travel claims\nUsage: npm start -- "what to do"\n',
    });
  });
});

describe('a bundle of hostile names', () => {
  // Code injection: what leaves its literal would run when the modules are loaded, and `process.exit(1)` fail this test.
  test(
    'compiles, loads and does nothing else',
    async () => {
      const target = await build(HOSTILE, 'hostile');

      const loaded = await evaluate(
        target,
        `import { AGENT_NAME } from './dist/config.js';
         import { tools } from './dist/tools/index.js';
         const constructors = tools.every(({ inputSchema }) => Object.hasOwn(inputSchema, 'constructor'));
         const polluted = Object.keys(Object.prototype).length > 0 || ({}).type !== undefined;
         console.log(JSON.stringify({ name: typeof AGENT_NAME, tools: tools.length, constructors, polluted }));`,
      );

      expect(loaded).toEqual({
        name: 'string',
        tools: HOSTILE_DEFINITION.tools.length,
        constructors: true,
        polluted: false,
      });
    },
    COMPILE_TIMEOUT_MS,
  );
});
