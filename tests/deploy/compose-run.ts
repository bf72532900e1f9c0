/** Starts what docker-compose.yml starts, in its order, without an engine: real commands, real files of the images. */
import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { startPostgres } from '../../local/src/index.ts';
import type { ImageBuilder } from './build-image.ts';
import { readComposeFile, type ComposeFile, type ComposeService } from './compose-file.ts';
import { createLoopback, type Loopback } from './loopback.ts';
import { ROOT } from './root.ts';
import { translateFiles } from './run-edge.ts';
import { makeEnv } from './sample-env.ts';
import { provideNode, runToEnd, startCommand, waitUntilHealthy, type Command } from './run-command.ts';

const run = promisify(execFile);

export interface ComposeRun extends AsyncDisposable {
  readonly file: ComposeFile;
  readonly loopback: Loopback;
  readonly env: Readonly<Record<string, string>>;
  /** The certificate of nginx. */
  readonly certificate: string;
  /** Where a service with a `PORT` listens. */
  url(service: string): string;
  /** Starts a service and waits until it is ready. */
  start(service: string): Promise<void>;
  /** Runs a job to its end, and gives what it wrote. */
  job(service: string): Promise<readonly string[]>;
  log(service: string): readonly string[];
}

export interface ComposeRunOptions {
  /** Shared with other runs: images are the same for all. */
  readonly images: ImageBuilder;
  /** They stand in `.env` beside the secrets. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Servers that run already, by their addresses in the file. */
  readonly known?: Readonly<Record<string, number>>;
}

/** A folder that the user of the images can enter. */
export function makeFolder(prefix: string): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), prefix));
  chmodSync(folder, 0o755);
  return folder;
}

/** Nothing but PostgreSQL runs before `start`. */
export async function createComposeRun(options: ComposeRunOptions): Promise<ComposeRun> {
  const stack = new AsyncDisposableStack();
  try {
    const folder = makeFolder('flowgrid-deploy-');
    stack.defer(() => rmSync(folder, { recursive: true, force: true }));
    await run('sh', [fileURLToPath(new URL('deploy/nginx/make-certificate.sh', ROOT)), join(folder, 'tls')]);
    const env = { ...(await makeEnv(join(folder, '.env'))), ...options.variables };
    const file = await readComposeFile(env);
    const postgresPort = await startDatabase(file, stack);
    const loopback = await createLoopback(file, { 'postgres:5432': postgresPort, ...options.known });
    return openRun({ file, env, loopback, stack, folder, images: options.images });
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** PostgreSQL as the image starts it: one administrator, one empty database. */
async function startDatabase(file: ComposeFile, stack: AsyncDisposableStack): Promise<number> {
  const { environment } = getService(file, 'postgres');
  const postgres = await startPostgres({
    superuserPassword: String(environment['POSTGRES_PASSWORD']),
    settings: { fsync: 'off' },
  });
  stack.use(postgres);
  const client = new Client({ connectionString: postgres.superuserUrl });
  await client.connect();
  await client.query(`CREATE DATABASE ${String(environment['POSTGRES_DB'])}`);
  await client.end();
  return postgres.port;
}

interface Parts {
  readonly file: ComposeFile;
  readonly env: Readonly<Record<string, string>>;
  readonly loopback: Loopback;
  readonly stack: AsyncDisposableStack;
  readonly folder: string;
  readonly images: ImageBuilder;
}

function openRun({ file, env, loopback, stack, folder, images }: Parts): ComposeRun {
  const logs = new Map<string, () => readonly string[]>();
  const path = provideNode(folder);
  const prepare = (name: string): Promise<Command> => toCommand(name, { file, loopback, images, folder });
  const url = (name: string): string =>
    `http://127.0.0.1:${loopback.port(name, Number(getService(file, name).environment['PORT']))}`;
  return {
    file,
    env,
    loopback,
    certificate: readFileSync(join(folder, 'tls', 'tls.crt'), 'utf8'),
    url,
    start: async (name) => {
      const command = await prepare(name);
      const running = stack.use(startCommand(command, path));
      logs.set(name, running.readLog);
      await waitUntilHealthy(running, command, path);
    },
    job: async (name) => {
      const command = await prepare(name);
      return runToEnd(command, path);
    },
    log: (name) => logs.get(name)?.() ?? [],
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

interface Preparation {
  readonly file: ComposeFile;
  readonly loopback: Loopback;
  readonly images: ImageBuilder;
  readonly folder: string;
}

export function getService(file: ComposeFile, name: string): ComposeService {
  const service = file.services[name];
  if (!service) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
}

async function toCommand(name: string, { file, loopback, images, folder }: Preparation): Promise<Command> {
  const service = getService(file, name);
  const environment = loopback.environment(name, service.environment);
  if (service.build === undefined) {
    const mounts = placeFiles(service, join(folder, 'mounts', name), {
      './deploy/nginx/tls': join(folder, 'tls'),
    });
    if (name === 'nginx')
      translateFiles(join(folder, 'mounts', name), (text) => loopback.translateFile(name, text));
    const argv = [...(service.entrypoint ?? []), ...(service.command ?? [])];
    const translate = (text: string): string => loopback.translateCommand(name, mounts(text));
    return {
      name,
      argv: argv.map(translate),
      cwd: folder,
      logs: folder,
      env: Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, mounts(value)])),
      healthcheck: (service.healthcheck?.test ?? []).map(translate),
    };
  }
  const { args, target } = service.build;
  const image = await images.build({ workspace: args?.['WORKSPACE'] ?? '', ...(target && { target }) });
  const argv = service.command ?? image.stage.command;
  const healthcheck: unknown = JSON.parse(/ CMD (\[.*\])$/.exec(image.stage.healthcheck)?.[1] ?? '[]');
  const inImage = (text: string): string => (text.startsWith('/app/') ? join(image.folder, text) : text);
  return {
    name,
    argv: argv.map((text) => loopback.translate(text)),
    cwd: join(image.folder, image.stage.workdir),
    logs: folder,
    env: loopback.environment(name, { ...image.stage.env, ...service.environment }),
    healthcheck:
      Array.isArray(healthcheck) && healthcheck.length > 0
        ? ['CMD', ...healthcheck.map((word) => inImage(String(word)))]
        : [],
  };
}

/** Mounted files where the user of the image can read them, and writable folders in place of a tmpfs. */
function placeFiles(
  service: ComposeService,
  folder: string,
  made: Readonly<Record<string, string>>,
): (text: string) => string {
  const targets = service.tmpfs
    .map((entry) => entry.split(':')[0] ?? '')
    .filter((target) => target !== '/tmp');
  for (const target of targets) {
    mkdirSync(join(folder, target), { recursive: true });
    chmodSync(join(folder, target), 0o777);
  }
  for (const volume of service.volumes) {
    const [source = '', target = ''] = volume.split(':');
    if (!source.startsWith('./')) continue;
    cpSync(made[source] ?? fileURLToPath(new URL(source, ROOT)), join(folder, target), { recursive: true });
    targets.push(target);
  }
  const place = (text: string, target: string): string =>
    text.startsWith(target) ? join(folder, text) : text;
  return (text) => targets.reduce(place, text);
}
