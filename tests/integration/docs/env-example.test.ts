/** `.env.example` is where operators look for a variable: it names all that the processes read, and nothing else. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { serviceEnv } from '@flowgrid/platform';
import { LauncherEnv } from '../../../local/src/env.ts';
import { migrateEnv } from '../../../packages/db/src/env.ts';
import { deadLettersEnv } from '../../../packages/messaging/src/dead-letters/env.ts';
import { routerEnv } from '../../../router/src/env.ts';
import { agentsEnv } from '../../../subgraphs/agents/src/env.ts';
import { authEnv } from '../../../subgraphs/auth/src/env.ts';
import { designEnv, workerEnv } from '../../../subgraphs/design/src/env.ts';
import { integrationsEnv } from '../../../subgraphs/integrations/src/env.ts';

const COMMON = 'every service';
const SUBGRAPHS = ['AGENTS', 'AUTH', 'DESIGN', 'INTEGRATIONS'].map((name) => `SUBGRAPH_${name}_URL`);
const subgraphUrls = Object.fromEntries(SUBGRAPHS.map((name) => [name, z.url()]));

const MODELS: Readonly<Record<string, z.ZodRawShape>> = {
  [COMMON]: z.object(serviceEnv).omit({ PORT: true }).shape,
  router: { ...routerEnv.shape, ...subgraphUrls },
  agents: agentsEnv.shape,
  auth: authEnv.shape,
  design: designEnv.shape,
  'design worker': workerEnv.shape,
  integrations: integrationsEnv.shape,
  'migrations: npm run db:migrate': migrateEnv.shape,
  'dead letters: npm run dead-letters': deadLettersEnv.shape,
  // npm sets this one by itself.
  'launcher: npm start': LauncherEnv.omit({ npm_lifecycle_event: true }).shape,
};

const file = await readFile(new URL('../../../.env.example', import.meta.url), 'utf8');
const sections = new Map(
  file.split(/^# == (?=.* ==$)/m).flatMap((part) => {
    const name = /^(.*) ==\n/.exec(part)?.[1];
    const lines = [...part.matchAll(/^(\w+)=(.*)$/gm)];
    return name === undefined ? [] : [[name, new Map(lines.map(([, key = '', value = '']) => [key, value]))]];
  }),
);

test('every process has a section, and every section a process', () => {
  expect([...sections.keys()].toSorted()).toEqual(Object.keys(MODELS).toSorted());
});

test.each(Object.entries(MODELS))('%s: the file names what the process reads', (name, shape) => {
  const common = name === COMMON ? new Map() : sections.get(COMMON);

  const wanted = Object.keys(shape).filter((variable) => !common?.has(variable));

  expect([...(sections.get(name)?.keys() ?? [])].toSorted()).toEqual(wanted.toSorted());
});

test.each(Object.entries(MODELS))('%s: the examples are values that the process accepts', (name, shape) => {
  const given = [...(sections.get(name) ?? [])].filter(([, value]) => value !== '');

  const refused = given.filter(
    ([variable, value]) => !z.safeParse(shape[variable] ?? z.never(), value).success,
  );

  expect(refused).toEqual([]);
});
