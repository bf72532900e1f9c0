/** A name server on UDP whose answers change from question to question, as an attacker's do. */
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import type { LookupAddress } from 'node:dns';

export interface DnsServer extends AsyncDisposable {
  /** Names that were asked for, in order; each once for all its addresses. */
  readonly asked: readonly string[];
  /** Its address with its port. */
  readonly server: string;
  /** Asks this server, and no other, each time. */
  readonly resolve: (hostname: string) => Promise<readonly LookupAddress[]>;
}

const TYPE_A = 1;
const HEADER_BYTES = 12;
const NAME_ERROR = 3;

/** `answer` gives the IPv4 addresses of the nth question for a name (from 0), null for an unknown name, or no answer at all. */
export async function startDnsServer(
  answer: (hostname: string, time: number) => readonly string[] | null | 'SILENCE',
): Promise<DnsServer> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, { address, port }) => {
    const { hostname, type, end } = readQuestion(query);
    const time = asked.filter((name) => name === hostname).length;
    const addresses = answer(hostname, time);
    if (type === TYPE_A) asked.push(hostname);
    if (addresses === 'SILENCE') return;
    const known = type === TYPE_A ? addresses : [];
    socket.send(respond(query.subarray(0, end), known), port, address);
  });
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  const resolver = new Resolver({ timeout: 2_000, tries: 1 });
  const server = `127.0.0.1:${socket.address().port}`;
  resolver.setServers([server]);
  return {
    asked,
    server,
    resolve: async (hostname) =>
      (await resolver.resolve4(hostname)).map((address) => ({ address, family: isIPv4(address) ? 4 : 6 })),
    [Symbol.asyncDispose]: async () => {
      resolver.cancel();
      await new Promise<void>((resolve) => {
        socket.close(resolve);
      });
    },
  };
}

function readQuestion(query: Buffer): { hostname: string; type: number; end: number } {
  const labels: string[] = [];
  let offset = HEADER_BYTES;
  for (let length = query.readUInt8(offset); length > 0; length = query.readUInt8(offset)) {
    labels.push(query.toString('latin1', offset + 1, offset + 1 + length));
    offset += 1 + length;
  }
  return { hostname: labels.join('.').toLowerCase(), type: query.readUInt16BE(offset + 1), end: offset + 5 };
}

/** The question again with its answers, none of which may be kept: their time to live is zero. */
function respond(question: Buffer, addresses: readonly string[] | null): Buffer {
  const response = Buffer.from(question);
  const recursionAvailable = 0x8180;
  response.writeUInt16BE(recursionAvailable + (addresses === null ? NAME_ERROR : 0), 2);
  response.writeUInt16BE(addresses?.length ?? 0, 6);
  response.writeUInt32BE(0, 8);
  const nameOfQuestion = 0xc00c;
  const records = (addresses ?? []).map((address) => {
    const record = Buffer.alloc(16);
    record.writeUInt16BE(nameOfQuestion, 0);
    record.writeUInt16BE(TYPE_A, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(0, 6);
    record.writeUInt16BE(4, 10);
    for (const [index, part] of address.split('.').entries()) record.writeUInt8(Number(part), 12 + index);
    return record;
  });
  return Buffer.concat([response, ...records]);
}
