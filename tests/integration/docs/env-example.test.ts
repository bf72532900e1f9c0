/** `.env.example` is where operators look for a variable: it names all that the processes read, and nothing else. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { COMMON, ENV_MODELS } from '../../docs/env-models.ts';

const file = await readFile(new URL('../../../.env.example', import.meta.url), 'utf8');
const sections = new Map(
  file.split(/^# == (?=.* ==$)/m).flatMap((part) => {
    const name = /^(.*) ==\n/.exec(part)?.[1];
    const lines = [...part.matchAll(/^(\w+)=(.*)$/gm)];
    return name === undefined ? [] : [[name, new Map(lines.map(([, key = '', value = '']) => [key, value]))]];
  }),
);

test('every process has a section, and every section a process', () => {
  expect([...sections.keys()].toSorted()).toEqual(Object.keys(ENV_MODELS).toSorted());
});

test.each(Object.entries(ENV_MODELS))('%s: the file names what the process reads', (name, shape) => {
  const common = name === COMMON ? new Map() : sections.get(COMMON);

  const wanted = Object.keys(shape).filter((variable) => !common?.has(variable));

  expect([...(sections.get(name)?.keys() ?? [])].toSorted()).toEqual(wanted.toSorted());
});

test.each(Object.entries(ENV_MODELS))(
  '%s: the examples are values that the process accepts',
  (name, shape) => {
    const given = [...(sections.get(name) ?? [])].filter(([, value]) => value !== '');

    const refused = given.filter(
      ([variable, value]) => !z.safeParse(shape[variable] ?? z.never(), value).success,
    );

    expect(refused).toEqual([]);
  },
);
