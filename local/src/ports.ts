/** Free TCP ports on the loopback address. */
import { createServer } from 'node:net';
import { LocalError } from './local-error.ts';

export const HOST = '127.0.0.1';

/** A port that nothing listens on now. It can be taken by another program before it is used, so a failed bind is retried. */
export async function findFreePort(): Promise<number> {
  const port = await tryPort(0);
  if (port === undefined) throw new LocalError(`No free TCP port on ${HOST}.`);
  return port;
}

export interface PortChoice {
  port: number;
  /** The port that was wanted, when it was taken. */
  taken?: number;
}

/** The wanted port, or a free one when it is taken. Ports in `reserved` are promised to somebody else already. */
export async function choosePort(
  wanted: number,
  reserved: ReadonlySet<number> = new Set(),
): Promise<PortChoice> {
  if (!reserved.has(wanted) && (await tryPort(wanted)) !== undefined) return { port: wanted };
  for (;;) {
    const port = await findFreePort();
    if (!reserved.has(port)) return { port, taken: wanted };
  }
}

async function tryPort(port: number): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const server = createServer();
  server.once('error', () => resolve(undefined));
  server.listen({ port, host: HOST }, () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
  });
  return promise;
}
