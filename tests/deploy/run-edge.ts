/** The files of the nginx container on one machine: addresses translated, and two ports of this machine to listen at. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'node:https';

/** Changes every mounted text in place. An address of IPv6 is left out: a free port is free on one address only. */
export function translateFiles(folder: string, translate: (text: string) => string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) translateFiles(path, translate);
    else if (name.endsWith('.conf')) writeFileSync(path, translate(readFileSync(path, 'utf8')));
  }
}

export function translateListen(text: string, portOf: (port: number) => number): string {
  return text
    .replaceAll(/^listen \[::\].*$/gm, '')
    .replaceAll(/^listen (\d+)/gm, (_, port: string) => `listen 127.0.0.1:${portOf(Number(port))}`);
}

export interface EdgeRequest {
  readonly port: number;
  readonly path: string;
  /** The certificate that is trusted. */
  readonly ca: string;
  readonly body?: unknown;
}

/** Asks nginx as a client of `https://localhost` does. */
export function askEdge({ port, path, ca, body }: EdgeRequest): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const outgoing = request(
    {
      host: '127.0.0.1',
      port,
      path,
      ca,
      servername: 'localhost',
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        host: `localhost:${port}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
    },
    (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() }),
      );
    },
  );
  outgoing.on('error', reject);
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}
