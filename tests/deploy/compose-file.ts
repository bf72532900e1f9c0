/** Reads docker-compose.yml as Compose does: merges, variables, profiles. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROOT } from './root.ts';

const Dependencies = z.record(z.string(), z.object({ condition: z.string() }));

const Service = z.object({
  image: z.string(),
  build: z
    .object({
      context: z.string(),
      dockerfile: z.string(),
      target: z.string().optional(),
      args: z.record(z.string(), z.string()),
    })
    .optional(),
  profiles: z.array(z.string()).default([]),
  user: z.string().optional(),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  networks: z.array(z.string()),
  depends_on: Dependencies.default({}),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  restart: z.string().optional(),
  init: z.boolean().optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  cap_add: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  tmpfs: z.array(z.string()).default([]),
  deploy: z.object({
    replicas: z.number().optional(),
    resources: z.object({ limits: z.object({ cpus: z.string(), memory: z.string(), pids: z.number() }) }),
  }),
});

const ComposeFile = z.object({
  services: z.record(z.string(), Service),
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() })),
});

export type ComposeService = z.infer<typeof Service>;
export type ComposeFile = z.infer<typeof ComposeFile>;

export const COMPOSE_FILE = new URL('docker-compose.yml', ROOT);

/** The file with its anchors and merges resolved; variables are still there. */
export async function readComposeSource(): Promise<unknown> {
  return parse(await readFile(COMPOSE_FILE, 'utf8'), { merge: true });
}

/** The file as Compose runs it with the variables of `env`. */
export async function readComposeFile(env: Readonly<Record<string, string>>): Promise<ComposeFile> {
  return ComposeFile.parse(interpolateAll(await readComposeSource(), env));
}

/** The names of all variables that the file takes from outside. */
export async function listComposeVariables(): Promise<ReadonlySet<string>> {
  const source = await readFile(COMPOSE_FILE, 'utf8');
  const lines = source.split('\n').filter((line) => !line.trimStart().startsWith('#'));
  return new Set([...lines.join('\n').matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name = '']) => name));
}

function interpolateAll(value: unknown, env: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') return interpolate(value, env);
  if (Array.isArray(value)) return value.map((entry) => interpolateAll(entry, env));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, interpolateAll(entry, env)]));
}

const VARIABLE = /\$\$|\$\{(?<name>\w+)(?:(?<kind>:-|:\?|:\+)(?<rest>[^}]*))?\}/g;

function interpolate(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(VARIABLE, (...match) => {
    const { name, kind, rest } = match.at(-1) as { name?: string; kind?: string; rest?: string };
    if (name === undefined) return '$';
    const value = env[name] ?? '';
    if (kind === ':+') return value === '' ? '' : (rest ?? '');
    if (value !== '' || kind === undefined) return value;
    if (kind === ':?') throw new Error(`${name} is missing: ${rest ?? ''}`);
    return rest ?? '';
  });
}
