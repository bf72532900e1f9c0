/**
 * How the names of docker-compose.yml are found on one machine without containers.
 *
 * - `<service>:<port>` in a variable or a command becomes `127.0.0.1:<a free port>`, the same one wherever it is written.
 * - The same address in two variables, `PGHOST` and `PGPORT`, becomes the same two things.
 * - `redis-server` and `redis-cli` get the port of `redis:6379` as an option.
 * - The ports that nginx listens at, 8443 and 8080, become two free ones, in its files and in its health check.
 * - `sb://servicebus`, which means port 5672 for the emulator, becomes `sb://localhost:<port>`.
 * - `PORT` becomes the port that the service's own name and port were given; `HOST=0.0.0.0` becomes `127.0.0.1`.
 *
 * Nothing else of the environment is changed.
 */
import { findFreePort } from '../../local/src/index.ts';
import type { ComposeFile } from './compose-file.ts';
import { translateListen } from './run-edge.ts';

export interface Loopback {
  /** Where a service listens, by its port in the file. */
  port(service: string, port: number): number;
  /** A text of the file, with the addresses of this machine. */
  translate(text: string): string;
  /** A command of a service that has no image of ours. */
  translateCommand(service: string, text: string): string;
  /** A configuration file of a service that has no image of ours. */
  translateFile(service: string, text: string): string;
  /** The environment of a service. */
  environment(service: string, env: Readonly<Record<string, string>>): Record<string, string>;
}

/** Chooses a port for every address that the file names; `known` are those of servers that run already. */
export async function createLoopback(
  { services }: ComposeFile,
  known: Readonly<Record<string, number>> = {},
): Promise<Loopback> {
  const names = Object.keys(services).join('|');
  const address = new RegExp(`(?<![\\w.-])(${names}):(\\d+)\\b`, 'g');
  const written = Object.entries(services).flatMap(([name, { environment, command = [], ports }]) => [
    ...ports.map((published) => `${name}:${published.split(':').at(-1)}`),
    ...(environment['PORT'] === undefined ? [] : [`${name}:${environment['PORT']}`]),
    ...[...Object.values(environment), ...command].flatMap((text) => text.match(address) ?? []),
  ]);
  const ports = new Map([...Object.entries(known), ['redis:6379', await findFreePort()] as const]);
  for (const name of new Set(written)) if (!ports.has(name)) ports.set(name, await findFreePort());
  const portOf = (name: string): number => {
    const port = ports.get(name);
    if (port === undefined) throw new Error(`${name} is named nowhere in docker-compose.yml`);
    return port;
  };
  const translate = (text: string): string =>
    text
      .replaceAll(address, (name) => `127.0.0.1:${portOf(name)}`)
      .replace(/sb:\/\/servicebus(?=;)/, () => `sb://localhost:${portOf('servicebus:5672')}`);
  return {
    port: (service, port) => portOf(`${service}:${port}`),
    translate,
    translateCommand: (service, text) => {
      const translated = translate(text);
      if (service === 'nginx') return text.replace('127.0.0.1:8080', `127.0.0.1:${portOf('nginx:8080')}`);
      if (service !== 'redis') return translated;
      const port = portOf('redis:6379');
      return translated
        .replace(/\bredis-server\b/, `redis-server --bind 127.0.0.1 --port ${port}`)
        .replace(/\bredis-cli\b/, `redis-cli -p ${port}`);
    },
    translateFile: (service, text) =>
      translateListen(translate(text), (port) => portOf(`${service}:${port}`)),
    environment: (service, env) => {
      const translated = Object.entries(env).map(([name, value]) => [name, translate(value)]);
      const own = env['PORT'] === undefined ? {} : { PORT: String(portOf(`${service}:${env['PORT']}`)) };
      const host = env['HOST'] === '0.0.0.0' ? { HOST: '127.0.0.1' } : {};
      const { PGHOST, PGPORT } = env;
      const pg =
        PGHOST && PGPORT ? { PGHOST: '127.0.0.1', PGPORT: String(portOf(`${PGHOST}:${PGPORT}`)) } : {};
      return { ...Object.fromEntries(translated), ...own, ...host, ...pg };
    },
  };
}
