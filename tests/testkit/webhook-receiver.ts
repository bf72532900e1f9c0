/** A server that receives webhooks, answers as a test says, and keeps what it was sent. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export interface ReceivedWebhook {
  readonly path: string;
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly message: { readonly type: string; readonly timestamp: string; readonly data: unknown };
}

export type WebhookAnswer = (response: ServerResponse, received: ReceivedWebhook) => void;

export interface WebhookReceiver extends AsyncDisposable {
  /** `host:port`, as OUTBOUND_ALLOW_HOSTS has it. */
  readonly host: string;
  url(path: string): string;
  /** How requests to a path are answered from now on: 204 if not said otherwise. */
  answer(path: string, answer: WebhookAnswer): void;
  /** What came to a path. */
  of(path: string): readonly ReceivedWebhook[];
  readonly received: readonly ReceivedWebhook[];
}

export const status =
  (code: number, headers: Readonly<Record<string, string>> = {}, body = ''): WebhookAnswer =>
  (response) => {
    response.writeHead(code, { ...headers }).end(body);
  };

/** What a receiver does with it, by the reference library; throws when it is not ours. */
export function verify(secret: string, { body, headers }: ReceivedWebhook): unknown {
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
  const given = Object.fromEntries(names.map((name) => [name, String(headers[name])]));
  return new Webhook(secret).verify(body, given);
}

/** Listens on a free port of the loopback. The caller disposes of it. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = [];
  const answers = new Map<string, WebhookAnswer>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '/';
      const body = Buffer.concat(chunks).toString();
      const webhook = {
        path,
        id: String(request.headers['webhook-id']),
        headers: request.headers,
        body,
        message: JSON.parse(body) as ReceivedWebhook['message'],
      };
      received.push(webhook);
      (answers.get(path) ?? status(204))(response, webhook);
    });
    // A worker that is killed leaves in the middle.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    url: (path) => `http://127.0.0.1:${port}${path}`,
    answer: (path, answer) => void answers.set(path, answer),
    of: (path) => received.filter((webhook) => webhook.path === path),
    received,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
