import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { createLogger } from '@flowgrid/platform';
import { afterEach, expect, test } from 'vitest';
import { parseRedisAddress } from './address.ts';
import { RedisCommands } from './commands.ts';

const INFO = 'redis_version:7.4.0\r\nloading:0\r\n';

let server: Server;

afterEach(() => server.close());

/** A server that gives these answers and says OK to all else; gives its port. */
async function startRefusing(refusals: Readonly<Record<string, string>>): Promise<number> {
  server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => {
      for (const sent of data.toString().split(/(?=\*\d+\r\n)/)) {
        const name = sent.split('\r\n')[2]?.toUpperCase() ?? '';
        const refusal = refusals[name];
        if (refusal !== undefined) socket.write(`-${refusal}\r\n`);
        else socket.write(name === 'INFO' ? `$${INFO.length}\r\n${INFO}\r\n` : '+OK\r\n');
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const WRONG = 'WRONGPASS invalid username-password pair';
const FULL = 'OOM command not allowed when used memory > maxmemory';

// The errors of ioredis carry the command that was refused with all that it was to write.
test.each([
  ['sign-in', { HELLO: WRONG, AUTH: WRONG }, WRONG],
  ['write', { HELLO: 'NOPROTO unsupported protocol version', SET: FULL }, FULL],
])(
  'of a refused %s the log has the reason, neither passwords nor values',
  async (_name, refusals, reason) => {
    const lines: string[] = [];
    const logger = createLogger({ name: 'test', level: 'debug', write: (line) => lines.push(line) });
    const port = await startRefusing(refusals);
    await using commands = new RedisCommands({
      address: parseRedisAddress(`redis://:the-password@127.0.0.1:${port}`),
      logger,
    });

    const answer = await commands.tryRun('SET', ['flowgrid:cache:x', 'the-value']);

    expect(answer).toBeUndefined();
    const log = lines.join('');
    expect(log).toContain(reason);
    expect(log).not.toContain('the-password');
    expect(log).not.toContain('the-value');
  },
);
