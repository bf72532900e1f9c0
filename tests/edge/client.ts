/** Clients of the edge: requests by HTTPS, and bytes as an attacker would write them. */
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { GraphQLAnswer, GraphQLRequest } from '../testkit/graphql.ts';
import type { Edge } from './nginx.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Loopback address to ask from: each has limits of its own. */
  readonly from?: string;
  readonly agent?: Agent;
}

/** Asks by HTTPS as a well-behaved client does. The path is sent as it is given. */
export function ask(edge: Edge, path: string, question: Question = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, from, agent } = question;
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        host: '127.0.0.1',
        servername: 'localhost',
        port: edge.port,
        path,
        method,
        ca: edge.certificate,
        headers: { host: 'localhost', ...headers },
        agent: agent ?? false,
        ...(from !== undefined && { localAddress: from }),
      },
      (response) => {
        text(response).then(
          (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
          reject,
        );
      },
    );
    request.once('error', reject);
    request.end(body);
  });
}

/** Posts a GraphQL operation. */
export async function postThrough(
  edge: Edge,
  operation: GraphQLRequest,
  { token, ...question }: Question & { readonly token?: string } = {},
): Promise<GraphQLAnswer> {
  const { status, body } = await ask(edge, '/graphql', {
    ...question,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...question.headers,
    },
    body: JSON.stringify(operation),
  });
  const { data = null, errors = [] } = JSON.parse(body) as Partial<GraphQLAnswer>;
  return { status, data, errors };
}

export interface RawConnection extends AsyncDisposable {
  readonly socket: TLSSocket;
  /** Everything that came so far. */
  readonly received: string;
  /** Settled when the connection is over, with everything that came. */
  readonly ended: Promise<string>;
}

/** Opens a TLS connection on which every byte is the test's. */
export async function openRaw(edge: Edge, from?: string): Promise<RawConnection> {
  const socket = connectTls({
    host: '127.0.0.1',
    port: edge.port,
    servername: 'localhost',
    ca: edge.certificate,
    ALPNProtocols: ['http/1.1'],
    ...(from !== undefined && { localAddress: from }),
  });
  let received = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    received += chunk;
  });
  // A reset is one of the ways in which the edge ends a connection.
  socket.on('error', () => undefined);
  const ended = new Promise<string>((resolve) => {
    socket.once('close', () => resolve(received));
  });
  await new Promise<void>((resolve) => {
    socket.once('secureConnect', () => resolve());
    socket.once('close', () => resolve());
  });
  return {
    socket,
    get received() {
      return received;
    },
    ended,
    [Symbol.asyncDispose]: async () => {
      socket.destroy();
      await ended;
    },
  };
}

/** Writes bytes and reads until the edge closes. Lines are joined as HTTP wants them. */
export async function sendRaw(edge: Edge, lines: readonly string[], from?: string): Promise<string> {
  await using connection = await openRaw(edge, from);
  connection.socket.write(lines.join('\r\n'));
  // Awaited here: the connection is destroyed when this returns.
  return await connection.ended;
}

/** The status of each answer in what came back. */
export function statusesOf(received: string): readonly number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
