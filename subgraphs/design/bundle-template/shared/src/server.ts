/** The agent over HTTP: health, its card, POST /invoke for programs, POST /message:send for other agents. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { z } from 'zod';
import { A2A_VERSION, findUnsupported, sendMessageSchema, toA2aError, toMessage, toPrompt } from './a2a.ts';
import { AgentError } from './agent-task.ts';
import type { AgentAnswer, AgentTask } from './agent-task.ts';
import { HttpError, isBearer, readJson, writeJson } from './http.ts';

const MAX_HAND_OFFS = 5;
const CARD_MAX_AGE_S = 300;

export interface ServerOptions {
  readonly run: (task: Omit<AgentTask, 'tools'>) => Promise<AgentAnswer>;
  /** What callers must show. */
  readonly token: string;
  readonly card: object;
  readonly maxConcurrentRuns: number;
  readonly runTimeoutMs: number;
  /** What keeps the agent from working; empty when it is ready. */
  readonly findProblems: () => readonly string[];
}

export interface AgentServer {
  readonly server: Server;
  /** Takes no more work, waits for what runs, then stops what is left. */
  readonly close: (graceMs: number) => Promise<void>;
}

const invokeSchema = z.strictObject({
  input: z.string().trim().min(1).max(100_000),
  /** Tools that a person has approved for this task. */
  approvedTools: z.array(z.string().max(100)).max(100).default([]),
});

/** Everything that one server keeps while it runs. */
interface State {
  readonly options: ServerOptions;
  readonly runs: Set<AbortController>;
  isDraining: boolean;
}

interface Exchange {
  readonly state: State;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export function createAgentServer(options: ServerOptions): AgentServer {
  const state: State = { options, runs: new Set(), isDraining: false };
  const server = createServer((request, response) => {
    answer({ state, request, response }).catch((error: unknown) => {
      writeFailure(response, error);
    });
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  return { server, close: async (graceMs) => await drain(server, state, graceMs) };
}

async function drain(server: Server, state: State, graceMs: number): Promise<void> {
  state.isDraining = true;
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  server.closeIdleConnections();
  const timer = setTimeout(() => {
    for (const run of state.runs) run.abort(new Error('The server stops.'));
    server.closeAllConnections();
  }, graceMs);
  await closed;
  clearTimeout(timer);
}

async function answer(exchange: Exchange): Promise<void> {
  const { state, request, response } = exchange;
  const { method = 'GET' } = request;
  const [path = '/'] = (request.url ?? '/').split('?');
  const route = `${method} ${path}`;
  switch (route) {
    case 'GET /livez':
      return writeJson(response, { status: 200, body: { status: 'ok' } });
    case 'GET /readyz':
      return writeReadiness(exchange);
    case 'GET /.well-known/agent-card.json':
      return writeCard(exchange);
    default:
  }
  if (!isBearer(request, state.options.token)) {
    const headers = { 'www-authenticate': 'Bearer' };
    return writeJson(response, { status: 401, body: { error: 'A bearer token is needed.' }, headers });
  }
  if (route === 'POST /invoke') return await invoke(exchange);
  if (route === 'POST /message:send') return await sendMessage(exchange);
  const unsupported = findUnsupported(method, path);
  if (unsupported !== null) {
    return writeJson(response, { status: unsupported.status, body: toA2aError(unsupported) });
  }
  return writeJson(response, { status: 404, body: { error: 'There is nothing here.' } });
}

function writeReadiness({ state, response }: Exchange): void {
  const problems = state.isDraining ? ['The server stops.'] : state.options.findProblems();
  const isReady = problems.length === 0;
  writeJson(response, {
    status: isReady ? 200 : 503,
    body: { status: isReady ? 'ready' : 'not ready', problems },
  });
}

function writeCard({ state, request, response }: Exchange): void {
  const { card } = state.options;
  const etag = `"${createHash('sha256').update(JSON.stringify(card)).digest('base64url')}"`;
  const headers = { etag, 'cache-control': `public, max-age=${CARD_MAX_AGE_S}` };
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  writeJson(response, { status: 200, body: card, headers });
}

async function invoke(exchange: Exchange): Promise<void> {
  const { input, approvedTools } = parse(invokeSchema, await readJson(exchange.request));
  const { text, toolCalls } = await run(exchange, input, approvedTools);
  const refused = toolCalls.filter(({ outcome }) => outcome === 'REFUSED').map(({ name }) => name);
  const body = { output: text, toolCalls, toolsToApprove: [...new Set(refused)] };
  writeJson(exchange.response, { status: 200, body });
}

async function sendMessage(exchange: Exchange): Promise<void> {
  const version = exchange.request.headers['a2a-version'];
  if (version !== undefined && version !== A2A_VERSION) {
    const failure = {
      status: 400,
      reason: 'VERSION_NOT_SUPPORTED',
      rpcStatus: 'UNIMPLEMENTED',
      message: `This agent speaks A2A ${A2A_VERSION}.`,
    };
    writeJson(exchange.response, { status: 400, body: toA2aError(failure) });
    return;
  }
  const message = parse(sendMessageSchema, await readJson(exchange.request));
  // Another agent is no person: nothing that needs approval runs.
  const { text } = await run(exchange, toPrompt(message), []);
  const headers = { 'content-type': 'application/a2a+json', 'a2a-version': A2A_VERSION };
  writeJson(exchange.response, { status: 200, body: toMessage(message, text), headers });
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new HttpError(400, z.prettifyError(parsed.error));
  return parsed.data;
}

async function run(
  exchange: Exchange,
  prompt: string,
  approvedTools: readonly string[],
): Promise<AgentAnswer> {
  const { state, request, response } = exchange;
  const { options, runs } = state;
  if (state.isDraining || runs.size >= options.maxConcurrentRuns)
    throw new HttpError(503, 'The agent is busy.');
  const handOffDepth = Number(request.headers['x-hand-off-depth'] ?? 0);
  if (!(handOffDepth < MAX_HAND_OFFS)) throw new HttpError(409, 'The task was handed on too often.');
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new HttpError(504, 'The agent took too long.'));
  }, options.runTimeoutMs);
  const onClose = (): void => {
    controller.abort(new Error('The caller left.'));
  };
  runs.add(controller);
  response.once('close', onClose);
  try {
    const approve = async (tool: string): Promise<boolean> =>
      await Promise.resolve(approvedTools.includes(tool));
    return await options.run({ prompt, approve, signal: controller.signal, handOffDepth });
  } catch (error) {
    throw controller.signal.reason instanceof HttpError ? controller.signal.reason : error;
  } finally {
    clearTimeout(timer);
    response.off('close', onClose);
    runs.delete(controller);
  }
}

function writeFailure(response: ServerResponse, error: unknown): void {
  if (error instanceof HttpError) {
    const headers = error.status === 503 ? { 'retry-after': '5' } : undefined;
    writeJson(response, { status: error.status, body: { error: error.message }, headers });
    return;
  }
  const isAgents = error instanceof AgentError;
  process.stderr.write(`${JSON.stringify({ level: 'error', message: String(error) })}\n`);
  writeJson(response, {
    status: isAgents ? 502 : 500,
    body: isAgents ? { error: error.message, code: error.code } : { error: 'Something failed here.' },
  });
}
