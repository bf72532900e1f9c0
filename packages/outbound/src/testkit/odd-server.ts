/** A local server that answers as it is told, and misbehaves below paths that say how. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface OddServer extends AsyncDisposable {
  readonly url: string;
  /** `host:port`, as OUTBOUND_ALLOW_HOSTS has it. */
  readonly host: string;
  readonly port: number;
  /** `METHOD path` of every request. */
  readonly requests: readonly string[];
  /** Path and query of every request. */
  readonly targets: readonly URL[];
  readonly connectionCount: () => number;
  /** Requests below `/held` wait for this; then they are refused. */
  readonly release: () => void;
}

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const MEGABYTE = 1024 * 1024;
const SLOW_CHUNK_MS = 25;

export const json =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };

/** What is not below a path of misbehaviour; `/base` and the first part of `/once-x`, which fails once, are taken off. */
export type AnswerPath = (path: string, request: IncomingMessage, response: ServerResponse) => void;

const notFound: AnswerPath = (_path, request, response) => json(404, {})(response, request);

/** Each echoes a credential or an internal address where it can: none of it may be shown. */
const MISBEHAVIOURS: Readonly<Record<string, Answer>> = {
  unauthorized: (response, request) =>
    json(401, { message: `Bad credentials ${request.headers.authorization}` })(response, request),
  forbidden: json(403, { message: 'Resource not accessible, ask 10.1.2.3' }),
  missing: json(404, { message: 'Not Found' }),
  limited: json(429, { message: 'slow down' }, { 'retry-after': '30' }),
  exhausted: (response, request) => {
    const reset = String(Math.ceil(Date.now() / 1000) + 3600);
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
    json(403, { message: 'API rate limit exceeded' }, headers)(response, request);
  },
  broken: json(503, { message: 'down' }),
  malformed: (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"login": "octo');
  },
  page: (response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Instance hibernating</html>');
  },
  odd: (response) => {
    response.writeHead(200, { 'content-type': ';;;' }).end('{}');
  },
  other: json(200, { hello: 'world' }),
  moved: (response) => {
    response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end();
  },
  huge: (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(Buffer.alloc(16 * MEGABYTE, 'x'));
  },
  slow: (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), SLOW_CHUNK_MS);
    response.on('close', () => clearInterval(timer));
  },
  silent: () => undefined,
  dropped: (_response, request) => {
    request.socket.destroy();
  },
};

/** Listens on a free port of the loopback. The caller disposes of it. */
export async function startOddServer(answer: AnswerPath = notFound): Promise<OddServer> {
  const requests: string[] = [];
  const targets: URL[] = [];
  let connections = 0;
  const failedOnce = new Set<string>();
  const held: ServerResponse[] = [];
  const server = createServer((request, response) => {
    const target = new URL(request.url ?? '/', 'http://vendor');
    const path = target.pathname;
    targets.push(target);
    requests.push(`${request.method} ${path}`);
    const [, first = ''] = path.split('/');
    if (first === 'held') {
      held.push(response);
      return undefined;
    }
    const misbehaviour = MISBEHAVIOURS[first];
    if (misbehaviour) return misbehaviour(response, request);
    if (first.startsWith('once-') && !failedOnce.has(first)) {
      failedOnce.add(first);
      return json(502, {})(response, request);
    }
    return answer(path.replace(/^\/once-[^/]*|^\/base/, ''), request, response);
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return {
    url: `http://127.0.0.1:${address.port}`,
    host: `127.0.0.1:${address.port}`,
    port: address.port,
    requests,
    targets,
    connectionCount: () => connections,
    release: () => {
      for (const response of held.splice(0)) response.writeHead(401).end();
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
