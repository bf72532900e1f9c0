import type { IncomingMessage } from 'node:http';

/** The client's address: of its connection, or, behind a trusted proxy, what that proxy appended last. */
export function clientAddressOf(request: IncomingMessage, trustsProxy: boolean): string | null {
  const forwarded = request.headers['x-forwarded-for'];
  if (trustsProxy && forwarded !== undefined) {
    const last = String(forwarded).split(',').at(-1)?.trim();
    if (last) return last;
  }
  return request.socket.remoteAddress ?? null;
}
