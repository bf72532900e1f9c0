/** `npm run demo -- FILE.txt [--out DIR]`: from a process description to a saved agent, through the router only. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { readEnvOrExit } from '@flowgrid/platform';
import { readLauncherEnv } from '../env.ts';
import { homeDirectory } from '../home.ts';
import { LocalError } from '../local-error.ts';
import { signInDemoUser } from '../sign-in.ts';
import { createDemoClient, type DemoClient } from './demo-client.ts';
import {
  ACCEPT_DESIGN,
  AcceptDesign,
  DESIGN_RESULT,
  DesignResult,
  START_DESIGN,
  StartDesign,
  type AcceptedAgent,
  type DesignResult as Result,
} from './operations.ts';
import { describeAgent, describeProcess } from './print-result.ts';

const DEMO_USER = 'editor@acme.test';
const USAGE = 'Usage: npm run demo -- examples/claims-intake.txt [--out DIR]';

async function runDemo(): Promise<void> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { out: { type: 'string' } } });
  const file = positionals[0];
  if (file === undefined) throw new LocalError(USAGE);
  const description = await readFile(file, 'utf8').catch(() => {
    throw new LocalError(`${file} cannot be read. ${USAGE}`);
  });
  const env = readEnvOrExit(readLauncherEnv);
  const signedIn = await signInDemoUser(homeDirectory(env.FLOWGRID_HOME), DEMO_USER);
  console.log(`Signed in as ${DEMO_USER} at ${signedIn.graphqlUrl}\n`);
  await using client = createDemoClient(signedIn);

  const sessionId = await startDesign(client, { title: titleOf(file), description });
  await client.followProgress(sessionId, ({ percent, phase, message }) => {
    console.log(`${String(percent).padStart(3)} %  ${phase.padEnd(10)} ${message}`);
  });
  const { designSession: result } = await client.request(DESIGN_RESULT, { id: sessionId }, DesignResult);
  if (result.processModel) print('What was understood', describeProcess(result.processModel));
  if (result.failure)
    throw new LocalError(`The design failed in ${result.failure.phase}: ${result.failure.message}`);

  const agent = await acceptDesign(client, sessionId, titleOf(file));
  print('The agent', describeAgent(agent, result));
  const folder = values.out ?? join('flowgrid-demo', agent.slug);
  print('Files', await saveArtifacts(result, folder));
}

async function startDesign(
  client: DemoClient,
  input: { title: string; description: string },
): Promise<string> {
  const { startDesign: payload } = await client.request(START_DESIGN, { input }, StartDesign);
  if (payload.session) return payload.session.id;
  throw new LocalError(payload.errors.map(({ message }) => message).join('\n'));
}

async function acceptDesign(client: DemoClient, sessionId: string, name: string): Promise<AcceptedAgent> {
  const { acceptDesign: payload } = await client.request(
    ACCEPT_DESIGN,
    { input: { sessionId, name } },
    AcceptDesign,
  );
  if (payload.agent) return payload.agent;
  throw new LocalError(payload.errors.map(({ message }) => message).join('\n'));
}

async function saveArtifacts(result: Result, folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  return Promise.all(
    result.artifacts.map(async ({ name, url }) => {
      const response = await fetch(url);
      if (!response.ok) throw new LocalError(`${name} cannot be downloaded: ${response.status}`);
      const path = join(folder, basename(name));
      await writeFile(path, Buffer.from(await response.arrayBuffer()));
      return path;
    }),
  );
}

function titleOf(file: string): string {
  const words = basename(file, extname(file)).replaceAll(/[-_]+/g, ' ').trim();
  return words === '' ? 'Process' : `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

function print(title: string, lines: readonly string[]): void {
  console.log(`\n== ${title} ==\n${lines.join('\n')}`);
}

try {
  await runDemo();
} catch (error) {
  if (!(error instanceof LocalError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
