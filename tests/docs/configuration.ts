/** The page of all environment variables, from the models by which the processes read them. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { COMMON, ENV_MODELS } from './env-models.ts';

export const CONFIGURATION_PAGE = new URL('../../docs/CONFIGURATION.md', import.meta.url);

const HEAD = `# Configuration

Every process reads its settings from environment variables, checks them all at its start, and refuses to start with a list of everything that is wrong:
what is missing, what is not valid, what contradicts another variable, and what is not known but looks like a slip of the pen. An empty variable counts as absent.

\`npm start\` sets all of this by itself; in the full mode \`docker-compose.yml\` does. [.env.example](../.env.example) has the same variables to copy from.
This page is written by \`npm run docs:configuration\` from the models in the services' \`env.ts\`; a test compares them.
`;

const INTRODUCTIONS: Readonly<Record<string, string>> = {
  [COMMON]: 'Read by the router, the four subgraphs and the two workers, beside what their own sections say.',
  router:
    'A variable `SUBGRAPH_<NAME>_URL` is required for every subgraph whose address in the supergraph is a placeholder, which is all of them.',
};

interface Described {
  readonly name: string;
  readonly fallback: string;
  readonly accepts: string;
  readonly text: string;
}

/** The whole page. */
export async function writeConfiguration(): Promise<string> {
  const common = ENV_MODELS[COMMON] ?? {};
  const sections = Object.entries(ENV_MODELS).map(([section, shape]) => {
    const own = Object.entries(shape).filter(([name]) => section === COMMON || !(name in common));
    const rows = own.map(([name, type]) => toRow(describe(name, type)));
    const introduction = INTRODUCTIONS[section];
    return [
      `## ${section.replace(/: (.*)$/, ' (`$1`)').replace(/^./, (letter) => letter.toUpperCase())}`,
      ...(introduction === undefined ? [] : [introduction]),
      ['| variable | default | accepts | meaning |', '|---|---|---|---|', ...rows].join('\n'),
    ].join('\n\n');
  });
  return `${[HEAD.trimEnd(), ...sections, await outsideVariables()].join('\n\n')}\n`;
}

const Property = z.object({
  type: z.string().optional(),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  enum: z.array(z.string()).optional(),
  format: z.string().optional(),
  minimum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  maximum: z.number().optional(),
  description: z.string().optional(),
});

const Schema = z.object({
  properties: z.record(z.string(), Property),
  required: z.array(z.string()).default([]),
});

function describe(name: string, type: z.core.$ZodType): Described {
  const settings = { unrepresentable: 'any' } as const;
  const input = Schema.parse(z.toJSONSchema(z.object({ [name]: type }), { ...settings, io: 'input' }));
  const output = Schema.parse(z.toJSONSchema(z.object({ [name]: type }), { ...settings, io: 'output' }));
  const property = { ...output.properties[name], ...input.properties[name] };
  return {
    name,
    fallback: input.required.includes(name) ? 'required' : toDefault(property.default),
    accepts: toAccepted(name, property),
    text: property.description ?? '',
  };
}

function toDefault(value: string | number | boolean | undefined): string {
  if (value === undefined || value === '') return 'none';
  const text = String(value);
  // A path of the machine that wrote this page.
  return text.startsWith('/') ? 'the file that comes with it' : `\`${text}\``;
}

function toAccepted(name: string, property: z.output<typeof Property>): string {
  if (property.enum) return property.enum.map((value) => `\`${value}\``).join(', ');
  const low = property.minimum ?? property.exclusiveMinimum;
  const high = property.maximum;
  if (property.type === 'number' || property.type === 'integer' || low !== undefined) {
    const from = low === undefined ? '' : property.minimum === undefined ? `above ${low}` : `${low} or more`;
    const isBounded = high !== undefined && high < Number.MAX_SAFE_INTEGER;
    if (isBounded)
      return low === undefined
        ? `at most ${high}`
        : `${property.minimum === undefined ? 'above ' : ''}${low} to ${high}`;
    return from === '' ? 'a number' : from;
  }
  if (/(_SECRET|(?<!_API)_KEY)$/.test(name)) return '32 bytes or more in base64';
  if (name === 'DATABASE_URL' || name === 'PUBSUB_URL') return 'an address of PostgreSQL';
  return name.endsWith('_URL') || property.format === 'uri' ? 'an address' : 'text';
}

function toRow({ name, fallback, accepts, text }: Described): string {
  return `| \`${name}\` | ${fallback} | ${accepts} | ${text.replaceAll('|', String.raw`\|`)} |`;
}

/** What docker-compose.yml takes from `.env`. */
async function outsideVariables(): Promise<string> {
  const compose = await readFile(new URL('../../docker-compose.yml', import.meta.url), 'utf8');
  const lines = compose.split('\n').filter((line) => !line.trimStart().startsWith('#'));
  const found = new Map<string, string>();
  for (const [, name = '', kind, value = ''] of lines
    .join('\n')
    .matchAll(/(?<!\$)\$\{(\w+)(?:(:-|:\?|:\+)([^}]*))?\}/g)) {
    // `:+` says what another variable becomes where this one is given.
    if (kind === ':+') continue;
    const fallback = kind === ':?' ? 'required; made by the script' : value === '' ? 'none' : `\`${value}\``;
    found.set(name, fallback);
  }
  const rows = [...found]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, fallback]) => `| \`${name}\` | ${fallback} |`);
  return [
    '## Containers (`docker-compose.yml`)',
    'Compose takes these from `.env` beside the file. `sh deploy/docker/make-env.sh` makes the secrets; the others are passed on to the services, or say where the host listens.',
    ['| variable | default |', '|---|---|', ...rows].join('\n'),
  ].join('\n\n');
}
