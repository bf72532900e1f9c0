/** Generated bundles are installed, compiled, linted, tested and started for real, as whoever downloads them would. */
import { spawn } from 'node:child_process';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BundleInput } from '../../subgraphs/design/src/modules/code/bundle.ts';
import { hostile, oneAgent, team } from '../../subgraphs/design/src/modules/code/samples.ts';
import { HOSTILE_DEFINITION, HOSTILE_TEXT } from '../../subgraphs/design/src/modules/definition/samples.ts';
import type { Finished, Workspace } from './workspace.ts';
import { createWorkspace } from './workspace.ts';

const TARGETS: readonly BundleInput['target'][] = ['CLAUDE_AGENT_SDK', 'OPENAI_AGENTS_SDK'];
const TSC = 'node_modules/typescript/bin/tsc';
const TOKEN = 'a token that only this test knows';

describe.each(TARGETS)('bundles for %s', (target) => {
  let workspace: Workspace | null = null;

  beforeAll(async () => {
    workspace = await createWorkspace({
      one: oneAgent(target),
      team: team(target),
      hostile: hostile(target),
    });
  });

  afterAll(async () => {
    await workspace?.[Symbol.asyncDispose]();
  });

  beforeEach(({ skip }) => {
    skip(opened().unreachable !== null, opened().unreachable ?? '');
  });

  const opened = (): Workspace => {
    if (workspace === null) throw new Error('There is no workspace.');
    return workspace;
  };

  test('compile under their strict options, with all that they import', async () => {
    const { folder, projects, run } = opened();
    const configurations = await Promise.all(
      projects.map(async (project) => await readFile(path.join(folder, project, 'tsconfig.json'), 'utf8')),
    );
    expect(new Set(configurations).size).toBe(1);
    expect(configurations[0]).toContain('"strict": true');
    const include = projects.flatMap((project) =>
      ['src', 'tests', 'evals'].map((part) => `${project}/${part}`),
    );
    const together = { extends: `./${projects[0]}/tsconfig.json`, include };
    await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(together));

    expect(await run([TSC, '-p', 'tsconfig.json'])).toEqual({ code: 0, output: '' });
  });

  test('pass their own linter', async () => {
    const { run } = opened();
    const { code, output } = await run([
      'node_modules/oxlint/bin/oxlint',
      '--deny-warnings',
      '--disable-nested-config',
    ]);

    expect(code, output).toBe(0);
    expect(output).toContain('Found 0 warnings and 0 errors');
  });

  test('pass their own tests: an ordinary agent', async () => {
    const { run } = opened();
    const result = await run(['--test', 'tests/**/*.spec.ts'], 'one');

    expect(result.code, result.output).toBe(0);
    expect(countPassed(result)).toBeGreaterThan(40);
  });

  test('pass their own tests: tools, hand-offs and ways of a team', async () => {
    const { run, projects } = opened();
    const members = projects.filter((project) => project.startsWith('team'));

    expect(members).toHaveLength(2);
    for (const member of members) {
      const result = await run(['--test', ...PARTS], member);
      expect(result.code, result.output).toBe(0);
      expect(countPassed(result)).toBeGreaterThan(10);
    }
  });

  // Code injection: what leaves its literal would run when the modules are loaded, and `process.exit(1)` fail this test.
  test('pass their own tests: hostile names, which come back as they were', async () => {
    const { folder, run, projects } = opened();
    const [project = ''] = projects.filter((name) => name.startsWith('hostile'));
    const tested = await run(['--test', ...PARTS], project);
    await writeFile(path.join(folder, project, 'probe.ts'), PROBE);

    const { output } = await run(['probe.ts'], project);

    expect(tested.code, tested.output).toBe(0);
    expect(countPassed(tested)).toBeGreaterThan(HOSTILE_DEFINITION.tools.length);
    expect(JSON.parse(output)).toEqual({
      descriptions: HOSTILE_DEFINITION.tools.map(({ description }) => description),
      instructions: `${HOSTILE_TEXT.toWellFormed().trimEnd()}\n`,
      isPolluted: false,
    });
  });

  // Tests that pass whatever the code does would be worth nothing to whoever takes the bundle.
  test('have tests that fail when a tool runs without its approval', async () => {
    const { folder, run } = opened();
    const broken = path.join(folder, 'broken');
    await cp(path.join(folder, 'one'), broken, { recursive: true });
    const file = path.join(broken, 'src/run-tools.ts');
    const source = await readFile(file, 'utf8');
    await writeFile(file, source.replace('if (tool.requiresApproval &&', 'if (Date.now() < 0 &&'));

    const { code, output } = await run(['--test', 'tests/tools/*.spec.ts'], 'broken');

    expect(code).toBe(1);
    expect(output).toMatch(/not ok|✖ sap_book_payout does not run unless a person agrees/);
    await rm(broken, { recursive: true });
  });

  test('build, start, answer and stop', async () => {
    const { folder, run } = opened();
    const built = await run([`../${TSC}`, '-p', 'tsconfig.build.json'], 'one');
    expect(built).toEqual({ code: 0, output: '' });
    await writeFile(path.join(folder, 'one/start.ts'), START);

    await using agent = await startAgent(path.join(folder, 'one'));
    const [ready, card] = await Promise.all([
      fetch(`${agent.url}/readyz`),
      fetch(`${agent.url}/.well-known/agent-card.json`),
    ]);
    const answer = await fetch(`${agent.url}/invoke`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ input: 'Book the payout.' }),
    });

    expect(ready.status).toBe(200);
    expect(await card.json()).toMatchObject({
      name: 'Travel claims agent',
      supportedInterfaces: [{ url: 'https://agents.example.com/claims', protocolVersion: '1.0' }],
    });
    expect(await answer.json()).toEqual({
      output: 'Someone must approve the payout.',
      toolCalls: [{ name: 'sap_book_payout', input: { claim_amount: 7 }, outcome: 'REFUSED' }],
      toolsToApprove: ['sap_book_payout'],
    });
    expect(await agent.stop()).toBe(0);
  });
});

/** The tests that differ between bundles of one target. */
const PARTS = [
  'tests/tools/*.spec.ts',
  'tests/connectors/*.spec.ts',
  'tests/process.spec.ts',
  'tests/hand-off.spec.ts',
];

function countPassed({ output }: Finished): number {
  return Number(/^\W*pass (\d+)$/m.exec(output)?.[1] ?? 0);
}

const PROBE = `
import { readInstructions } from './src/prompt.ts';
import { tools } from './src/tools/index.ts';
const descriptions = tools.map(({ description }) => description).slice(0, ${HOSTILE_DEFINITION.tools.length});
const isPolluted = Object.keys(Object.prototype).length > 0 || 'polluted' in {};
console.log(JSON.stringify({ descriptions, instructions: await readInstructions(), isPolluted }));
`;

/** The built server, with a scripted model on this machine. It ends by itself when nothing of the server is left open. */
const START = `
import { startFakeModel } from './tests/support/model-server.ts';
const model = await startFakeModel([
  { kind: 'TOOL', name: 'sap_book_payout', input: { claim_amount: 7 } },
  { kind: 'TEXT', text: 'Someone must approve the payout.' },
]);
await import('./dist/main.js');
process.once('SIGTERM', () => void model[Symbol.asyncDispose]());
`;

interface RunningAgent extends AsyncDisposable {
  readonly url: string;
  readonly stop: () => Promise<number | null>;
}

async function startAgent(folder: string): Promise<RunningAgent> {
  const child = spawn(process.execPath, ['start.ts'], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      AGENT_TOKEN: TOKEN,
      PORT: '0',
      PUBLIC_URL: 'https://agents.example.com/claims/',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { port } = JSON.parse(line);
    const stop = async (): Promise<number | null> => {
      child.kill('SIGTERM');
      return await ended;
    };
    return {
      url: `http://127.0.0.1:${port}`,
      stop,
      async [Symbol.asyncDispose]() {
        child.kill('SIGKILL');
        await ended;
      },
    };
  }
  throw new Error('The agent ended before it listened.');
}
