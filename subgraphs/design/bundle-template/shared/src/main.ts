/** Starts the HTTP server: npm start. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { MODEL_KEYS, runAgent } from './agent.ts';
import { readEnv, readNumber, requireEnv } from './env.ts';
import { connectMcpServers } from './mcp-servers.ts';
import { createAgentServer } from './server.ts';
import { tools } from './tools/index.ts';

const MIN_TOKEN_LENGTH = 16;
const GRACE_MS = 10_000;

const cardSchema = z.looseObject({ supportedInterfaces: z.array(z.looseObject({ url: z.string() })) });

async function readCard(publicUrl: string | null): Promise<object> {
  const file = new URL('../agent-card.json', import.meta.url);
  const card = cardSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  if (publicUrl === null) return card;
  const url = z.url().parse(publicUrl).replace(/\/$/, '');
  return { ...card, supportedInterfaces: card.supportedInterfaces.map((one) => ({ ...one, url })) };
}

const token = requireEnv('AGENT_TOKEN');
if (token.length < MIN_TOKEN_LENGTH) {
  throw new Error(`AGENT_TOKEN must have at least ${MIN_TOKEN_LENGTH} characters.`);
}
const others = await connectMcpServers();
const { server, close } = createAgentServer({
  run: async (task) => await runAgent({ ...task, tools: [...tools, ...others.tools] }),
  token,
  card: await readCard(readEnv('PUBLIC_URL')),
  maxConcurrentRuns: readNumber('MAX_CONCURRENT_RUNS', 4, [1, 1_000]),
  runTimeoutMs: readNumber('RUN_TIMEOUT_MS', 300_000, [1_000, 3_600_000]),
  findProblems: () =>
    MODEL_KEYS.some((name) => readEnv(name) !== null) ? [] : [`Set ${MODEL_KEYS.join(' or ')}.`],
});

async function stop(): Promise<void> {
  await close(GRACE_MS);
  await others.close();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void stop();
  });
}

const host = readEnv('HOST') ?? '127.0.0.1';
server.listen(readNumber('PORT', 8080, [0, 65_535]), host, () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : null;
  process.stdout.write(`${JSON.stringify({ level: 'info', message: 'listening', host, port })}\n`);
});
