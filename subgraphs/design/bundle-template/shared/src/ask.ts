/** One task on the command line: npm run ask -- "the task", or the task on standard input. */
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { runAgent } from './agent.ts';
import { AGENT_NAME } from './config.ts';
import { connectMcpServers } from './mcp-servers.ts';
import { tools } from './tools/index.ts';

const USAGE_ERROR = 2;

async function readTask(): Promise<string> {
  const fromArguments = process.argv.slice(2).join(' ').trim();
  if (fromArguments !== '' || process.stdin.isTTY) return fromArguments;
  return (await text(process.stdin)).trim();
}

/** Without a terminal there is nobody to ask, so nothing that needs approval runs. */
async function approve(tool: string, input: unknown): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const shown = JSON.stringify(input, null, 2);
    const answer = await terminal.question(`Run ${tool} with ${shown}? Type yes to allow: `);
    return answer.trim().toLowerCase() === 'yes';
  } finally {
    terminal.close();
  }
}

async function main(): Promise<number> {
  const prompt = await readTask();
  if (prompt === '') {
    process.stderr.write(`${AGENT_NAME}\nUsage: npm run ask -- "what to do"\n`);
    return USAGE_ERROR;
  }
  const abort = new AbortController();
  process.once('SIGINT', () => {
    abort.abort(new Error('Stopped.'));
  });
  const others = await connectMcpServers();
  try {
    const answer = await runAgent({
      prompt,
      tools: [...tools, ...others.tools],
      approve,
      signal: abort.signal,
      onText: (said) => process.stderr.write(`${said}\n`),
    });
    process.stdout.write(`${answer.text}\n`);
    return 0;
  } finally {
    await others.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : 'The agent failed.'}\n`);
  process.exitCode = 1;
}
