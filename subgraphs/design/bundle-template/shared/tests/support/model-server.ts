/** A model that answers as a script says, over the real protocol, so that the agent under test is the one that runs. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { useModelServer, writeTurn } from './model-protocol.ts';

/** What the model says next. */
export type Turn =
  | { readonly kind: 'TOOL'; readonly name: string; readonly input: unknown }
  | { readonly kind: 'TEXT'; readonly text: string }
  | { readonly kind: 'HANG' }
  | { readonly kind: 'FAIL'; readonly status: number };

export interface FakeModel extends AsyncDisposable {
  /** Bodies of the requests, as they came. */
  readonly requests: readonly string[];
  /** Resolves when the model is asked for the first time. */
  readonly asked: Promise<void>;
}

/** Starts a model that says the turns one after the other, and the last one again and again. */
export async function startFakeModel(turns: readonly Turn[]): Promise<FakeModel> {
  const requests: string[] = [];
  const asked = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      requests.push(body);
      asked.resolve();
      const turn = turns[Math.min(requests.length, turns.length) - 1];
      if (turn === undefined) throw new Error('The script is empty.');
      if (turn.kind === 'HANG') return;
      if (turn.kind === 'FAIL') {
        response.writeHead(turn.status, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ error: { type: 'invalid_request_error', message: 'No.' } }));
        return;
      }
      writeTurn(response, turn, requests.length);
    });
  });
  const restore = useModelServer(await listen(server));
  return {
    requests,
    asked: asked.promise,
    async [Symbol.asyncDispose]() {
      restore();
      await closeServer(server);
    },
  };
}

/** The address of a server on a free port of this machine. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port.');
  return `http://127.0.0.1:${address.port}`;
}

export async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

/** Sets variables and gives what puts the old ones back. */
export function setEnv(values: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, values);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
