/** What bundles hold beside code is read with the parser of its own format, and speaks the published conventions. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import type { Bundle } from '../../subgraphs/design/src/modules/code/bundle.ts';
import { generateBundle } from '../../subgraphs/design/src/modules/code/generate-bundle.ts';
import { hostile, oneAgent, team } from '../../subgraphs/design/src/modules/code/samples.ts';
import { HOSTILE_DEFINITION, HOSTILE_TEXT } from '../../subgraphs/design/src/modules/definition/samples.ts';

const SAMPLES = (['CLAUDE_AGENT_SDK', 'OPENAI_AGENTS_SDK'] as const).flatMap((target) => [
  { sample: `one agent for ${target}`, input: oneAgent(target) },
  { sample: `a team for ${target}`, input: team(target) },
  { sample: `hostile names for ${target}`, input: hostile(target) },
]);

/** Path of `agentspec_json_spec_26_1_2.json` as its makers publish it; it is theirs to hand out. */
const { FLOWGRID_AGENT_SPEC_SCHEMA } = process.env;
const OFFICIAL_SPECS = FLOWGRID_AGENT_SPEC_SCHEMA === undefined ? [] : [FLOWGRID_AGENT_SPEC_SCHEMA];

const text = z.string().min(1);
/** The required fields of A2A 1.0 and those that bundles use; anything else would be of another version. */
const cardSchema = z.strictObject({
  name: text,
  description: text,
  version: text,
  supportedInterfaces: z
    .array(
      z.strictObject({
        url: z.url(),
        protocolBinding: z.literal('HTTP+JSON'),
        protocolVersion: z.literal('1.0'),
      }),
    )
    .min(1),
  capabilities: z.strictObject({
    streaming: z.boolean(),
    pushNotifications: z.boolean(),
    extendedAgentCard: z.boolean(),
  }),
  securitySchemes: z.record(
    text,
    z.strictObject({ httpAuthSecurityScheme: z.strictObject({ scheme: text }) }),
  ),
  securityRequirements: z.array(
    z.strictObject({ schemes: z.record(text, z.strictObject({ list: z.array(text) })) }),
  ),
  defaultInputModes: z.array(text).min(1),
  defaultOutputModes: z.array(text).min(1),
  skills: z
    .array(
      z.strictObject({
        id: text,
        name: text,
        description: text,
        tags: z.array(text),
        examples: z.array(text).optional(),
      }),
    )
    .min(1),
});

const property = z.looseObject({ title: z.string() });
const component = { id: text, name: text, metadata: z.record(z.string(), z.unknown()) };
const agentShape = {
  ...component,
  component_type: z.literal('Agent'),
  description: z.string(),
  inputs: z.array(property),
  outputs: z.array(property),
  llm_config: z.looseObject({ id: text, name: text, model_id: z.string() }),
  system_prompt: z.string(),
  tools: z.array(
    z.strictObject({
      ...component,
      component_type: z.literal('ServerTool'),
      description: z.string(),
      inputs: z.array(property),
      outputs: z.array(property),
      requires_confirmation: z.boolean(),
    }),
  ),
  toolboxes: z.array(z.never()),
  human_in_the_loop: z.boolean(),
};
const reference = z.strictObject({ $component_ref: text });
const specSchema = z.union([
  z.strictObject({ ...agentShape, agentspec_version: z.literal('26.1.2') }),
  z
    .strictObject({
      ...component,
      component_type: z.literal('Swarm'),
      description: z.null(),
      inputs: z.array(property),
      outputs: z.array(property),
      first_agent: reference,
      relationships: z.array(z.tuple([reference, reference])),
      handoff: z.literal('never'),
      $referenced_components: z.record(text, z.strictObject(agentShape)),
      agentspec_version: z.literal('26.1.2'),
    })
    .refine(({ first_agent, relationships, $referenced_components: known }) =>
      [first_agent, ...relationships.flat()].every(({ $component_ref: id }) => Object.hasOwn(known, id)),
    ),
]);

const composeSchema = z.object({
  services: z.record(
    z.string().regex(/^[a-z0-9-]+$/),
    z.strictObject({
      build: z.string().startsWith('./'),
      init: z.literal(true),
      env_file: z.string().startsWith('./'),
      environment: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()),
      ports: z.array(z.string().startsWith('127.0.0.1:')).optional(),
      restart: z.literal('unless-stopped'),
    }),
  ),
});

function filesOf({ files }: Bundle, name: string): readonly unknown[] {
  return files
    .filter(({ path }) => path === name || path.endsWith(`/${name}`))
    .map(({ content }) => JSON.parse(content));
}

describe.each(SAMPLES)('the bundle of $sample', ({ input }) => {
  const bundle = generateBundle(input);
  const isTeam = input.agents.length > 1;

  test('has an A2A 1.0 card for each agent', () => {
    const cards = filesOf(bundle, 'agent-card.json');

    expect(cards).toHaveLength(input.agents.length);
    for (const card of cards) expect(cardSchema.parse(card)).toEqual(card);
  });

  test('has an Agent Spec for each agent, and one of the team', () => {
    const specs = filesOf(bundle, 'agentspec.json');

    expect(specs).toHaveLength(input.agents.length + (isTeam ? 1 : 0));
    for (const spec of specs) expect(specSchema.parse(spec)).toEqual(spec);
  });

  test('has a CI file that checks every project', () => {
    const [file] = bundle.files.filter(({ path }) => path === '.github/workflows/ci.yml');
    const { jobs } = parseYaml(file?.content ?? '');

    const folders = filesOf(bundle, 'package.json').map((one) => z.object({ name: text }).parse(one).name);
    expect(jobs.check.strategy.matrix.project.toSorted()).toEqual(isTeam ? folders.toSorted() : ['.']);
    expect(jobs.check.steps.map(({ run }: { run?: string }) => run)).toContain('npm run check');
  });
});

test.each([team, hostile])('a compose file reaches only the first agent from outside', (make) => {
  const { files } = generateBundle(make('CLAUDE_AGENT_SDK'));
  const [file] = files.filter(({ path }) => path === 'docker-compose.yml');

  const { services } = composeSchema.parse(parseYaml(file?.content ?? ''));

  const ports = Object.values(services).map((service) => service.ports?.length ?? 0);
  expect(ports).toEqual([1, 0]);
});

test.each(OFFICIAL_SPECS)('the schema at %s accepts every Agent Spec', (path) => {
  const schema: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const validator = new Ajv2020({ strict: false, logger: false });
  const validate = validator.compile(z.record(z.string(), z.unknown()).parse(schema));
  const specs = SAMPLES.flatMap(({ input }) => filesOf(generateBundle(input), 'agentspec.json'));

  for (const spec of specs) {
    // The schema closes its components against the version that a document must have: it refuses its makers' examples too.
    const { agentspec_version: version, ...rest } = z.record(z.string(), z.unknown()).parse(spec);
    expect(version).toBe('26.1.2');
    expect(validate(rest) ? [] : validate.errors).toEqual([]);
  }
});

test('hostile text comes back from the Agent Spec and the card as it went in', () => {
  const bundle = generateBundle(hostile('OPENAI_AGENTS_SDK'));
  const specs = filesOf(bundle, 'agentspec.json').filter(
    (spec) => z.object({ tools: z.array(z.unknown()) }).safeParse(spec).success,
  );

  for (const spec of specs) {
    const { tools, llm_config: model } = z
      .object({
        tools: z.array(z.object({ description: z.string() })),
        llm_config: z.object({ model_id: z.string() }),
      })
      .parse(spec);
    const own = tools.slice(0, HOSTILE_DEFINITION.tools.length);
    expect(own.map(({ description }) => description)).toEqual(own.map(() => HOSTILE_TEXT));
    expect(model.model_id).toBe(HOSTILE_TEXT);
  }
  expect(specs).toHaveLength(2);
});
