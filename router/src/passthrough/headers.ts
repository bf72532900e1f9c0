/** Which headers cross the router on plain routes. */
import type { IncomingHttpHeaders } from 'node:http';

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]);

/** Only the router says who asks and from where; what a client writes there is a claim. */
const IDENTITY =
  /^(x-(client-address|request-id|real-ip|tenant.*|user.*|actor.*|flowgrid.*|forwarded.*)|forwarded|cookie)$/;

export interface HeaderFacts {
  readonly requestId: string;
  readonly clientAddress: string | null;
  readonly keepsAuthorization: boolean;
  /** What takes the place of the client's access token. */
  readonly contextToken?: string | undefined;
}

export function toServiceHeaders(
  given: IncomingHttpHeaders,
  facts: HeaderFacts,
): Record<string, string | string[]> {
  const dropped = connectionNames(given.connection);
  const kept = Object.entries(given).flatMap(([name, value]) => {
    // Some servers read `x_tenant` and `x-tenant` as one header.
    const plain = name.replaceAll('_', '-');
    if (value === undefined || HOP_BY_HOP.has(plain) || dropped.has(name) || IDENTITY.test(plain)) return [];
    if (name === 'host' || (name === 'authorization' && !facts.keepsAuthorization)) return [];
    return [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    'x-request-id': facts.requestId,
    ...(facts.clientAddress !== null && { 'x-client-address': facts.clientAddress }),
    ...(facts.contextToken !== undefined && { authorization: `Bearer ${facts.contextToken}` }),
  };
}

export function toClientHeaders(
  given: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | string[]> {
  const { connection } = given;
  const dropped = connectionNames(Array.isArray(connection) ? connection.join(',') : connection);
  const kept = Object.entries(given).flatMap(([name, value]) =>
    value === undefined || HOP_BY_HOP.has(name) || dropped.has(name) || name === 'set-cookie'
      ? []
      : [[name, value] as const],
  );
  return Object.fromEntries(kept);
}

function connectionNames(value: string | undefined): Set<string> {
  return new Set((value ?? '').split(',').map((name) => name.trim().toLowerCase()));
}
