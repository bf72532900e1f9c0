/** A service that keeps what reaches it, to see what the edge makes of a request. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { startEdge, UPSTREAMS, type Edge, type EdgeOptions, type Upstream } from './nginx.ts';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  /** Names and values as they came, in turns. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface Recorder extends AsyncDisposable {
  readonly url: string;
  readonly seen: Seen[];
  /** How many connections were made. */
  readonly connections: number;
  /** How the next requests are answered; without it, with 200 and a JSON body. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  /** Ends every connection at once and listens no more, as a killed process. */
  kill(): void;
  /** Listens again where it did before. */
  revive(): Promise<void>;
}

export async function startRecorder(name: string): Promise<Recorder> {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((request, response) => {
    const record = async (): Promise<void> => {
      const { method = '', url = '', headers, rawHeaders } = request;
      seen.push({ method, url, headers, rawHeaders, body: await text(request) });
      recorder.answer(request, response);
    };
    // A request that is cut off has nobody to answer to.
    record().catch(() => response.destroy());
  });
  server.keepAliveTimeout = 72_000;
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  const kill = (): void => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) server.close();
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const recorder: Recorder = {
    url: `http://127.0.0.1:${port}`,
    seen,
    get connections() {
      return connections;
    },
    answer: (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ from: name }));
    },
    kill,
    revive: () => listen(port),
    [Symbol.asyncDispose]: async () => {
      kill();
      await new Promise<void>((resolve) => {
        if (server.listening) server.once('close', () => resolve());
        else resolve();
      });
    },
  };
  return recorder;
}

export type RecordedServices = Readonly<Record<Upstream, Recorder>>;

export interface RecordedEdge extends AsyncDisposable {
  readonly edge: Edge;
  readonly services: RecordedServices;
}

/** The edge before a recorder for each service. */
export async function startRecordedEdge(options: Pick<EdgeOptions, 'limits'> = {}): Promise<RecordedEdge> {
  await using stack = new AsyncDisposableStack();
  const started = await Promise.all(
    UPSTREAMS.map(async (name) => [name, stack.use(await startRecorder(name))] as const),
  );
  const services = Object.fromEntries(started) as RecordedServices;
  const upstreams = Object.fromEntries(started.map(([name, { url }]) => [name, [url]]));
  const edge = stack.use(await startEdge({ ...options, upstreams }));
  const owned = stack.move();
  return { edge, services, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
