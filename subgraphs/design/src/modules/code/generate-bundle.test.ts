import { stripTypeScriptTypes } from 'node:module';
import { unzipSync, strFromU8 } from 'fflate';
import { describe, expect, test } from 'vitest';
import { HOSTILE_TEXT } from '../definition/samples.ts';
import type { Bundle, BundleInput } from './bundle.ts';
import { BundleTooLargeError, MAX_BUNDLE_AGENTS } from './bundle.ts';
import { generateBundle } from './generate-bundle.ts';
import { hostile, oneAgent, team } from './samples.ts';
import { zipBundle } from './zip-bundle.ts';

const TARGETS = ['CLAUDE_AGENT_SDK', 'OPENAI_AGENTS_SDK'] as const;
const SAMPLES = TARGETS.flatMap((target) => [
  { sample: `an ordinary agent for ${target}`, input: oneAgent(target) },
  { sample: `an agent without tools and cases for ${target}`, input: withoutTools(oneAgent(target)) },
  { sample: `a team for ${target}`, input: team(target) },
  { sample: `hostile names for ${target}`, input: hostile(target) },
]);

function withoutTools(input: BundleInput): BundleInput {
  const agents = input.agents.map((agent) => ({ ...agent, definition: { ...agent.definition, tools: [] } }));
  return { ...input, agents, testCases: [], automation: [] };
}

function contentOf({ files }: Bundle, path: string): string {
  const file = files.find((candidate) => candidate.path === path);
  if (file === undefined) throw new Error(`No file ${path}`);
  return file.content;
}

function sourcesOf({ files }: Bundle): Bundle['files'] {
  return files.filter(({ path }) => path.endsWith('.ts'));
}

describe.each(SAMPLES)('the bundle of $sample', ({ input }) => {
  const bundle = generateBundle(input);
  const projects = bundle.files
    .filter(({ path }) => path.endsWith('package.json'))
    .map(({ path }) => path.slice(0, -'package.json'.length));

  test('has a whole project for each agent, in order', () => {
    const paths = bundle.files.map(({ path }) => path);

    expect(paths).toEqual(paths.toSorted());
    expect(projects).toHaveLength(input.agents.length);
    for (const project of projects) {
      expect(paths).toEqual(expect.arrayContaining(PROJECT_FILES.map((file) => project + file)));
    }
  });

  test('has a source and a test for each tool', () => {
    const count = (pattern: RegExp): number => bundle.files.filter(({ path }) => pattern.test(path)).length;
    const tools = input.agents.reduce((sum, { definition }) => sum + definition.tools.length, 0);

    expect(count(/(?:^|\/)src\/tools\/(?!index\.ts|hand-offs\.ts)/)).toBe(tools);
    expect(count(/(?:^|\/)tests\/tools\//)).toBe(tools);
  });

  // Path traversal: names of agents and tools end up in paths.
  test('has only plain paths inside its folder, unique on any file system', () => {
    const paths = bundle.files.map(({ path }) => path.toLowerCase());

    expect(
      paths.filter((path) => !/^(?:\.?[a-z0-9-]+\/){0,4}\.?[a-z0-9-]+(?:\.[a-z]+)*$/.test(path)),
    ).toEqual([]);
    expect(new Set(paths).size).toBe(paths.length);
  });

  test('names no `any`, skips no check and switches none off', () => {
    const found = sourcesOf(bundle).flatMap(({ path, content }) =>
      [...withoutStrings(content).matchAll(UNTYPED)].map(([text]) => `${path}: ${text}`),
    );

    expect(found).toEqual([]);
    expect(bundle.files.filter(({ content }) => content.includes('skipLibCheck'))).toEqual([]);
  });

  test('has sources that parse, and JSON that parses', () => {
    const parsers = [
      { ending: '.ts', parse: (content: string): unknown => stripTypeScriptTypes(content) },
      { ending: '.json', parse: (content: string): unknown => JSON.parse(content) },
    ];

    for (const { ending, parse } of parsers) {
      const files = bundle.files.filter(({ path }) => path.endsWith(ending));
      expect(() => files.map(({ content }) => parse(content))).not.toThrow();
    }
  });

  test('holds no character in its code that an editor would hide', () => {
    const code = bundle.files.filter(({ path }) => /\.(?:ts|json|example|yml)$/.test(path));

    expect(code.filter(({ content }) => /[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|(?!\n)\p{Cc}/u.test(content))).toEqual(
      [],
    );
  });

  test('keeps the agents and the process unchanged in its JSON files', () => {
    const agents: unknown[] = projects.map((project) =>
      JSON.parse(contentOf(bundle, `${project}agent.json`)),
    );

    expect(agents).toHaveLength(input.agents.length);
    expect(agents).toEqual(expect.arrayContaining([...input.agents]));
    expect(JSON.parse(contentOf(bundle, 'process-model.json'))).toEqual(input.processModel);
  });

  test('pins every dependency exactly, and locks what they bring', () => {
    for (const project of projects) {
      const { dependencies, devDependencies, name } = JSON.parse(contentOf(bundle, `${project}package.json`));
      const lock = JSON.parse(contentOf(bundle, `${project}package-lock.json`));

      for (const version of Object.values({ ...dependencies, ...devDependencies })) {
        expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      }
      expect(lock.packages['']).toMatchObject({ name, dependencies, devDependencies });
      expect(contentOf(bundle, `${project}package-lock.json`)).not.toContain('"resolved"');
    }
  });

  // A list that is not complete sends people searching in the code.
  test('lists every variable that its code reads, without a value', () => {
    for (const project of projects) {
      const listed = contentOf(bundle, `${project}.env.example`).match(/^[A-Z_0-9]+=.*$/gm) ?? [];
      const read = sourcesOf(bundle)
        .filter(({ path }) => path.startsWith(`${project}src/`))
        .flatMap(({ content }) => [
          ...content.matchAll(/(?:readEnv|requireEnv|readNumber)\(\s*'([A-Z_]+)'/g),
        ]);

      expect(listed.filter((line) => !line.endsWith('='))).toEqual([]);
      expect(listed).toEqual(expect.arrayContaining(read.map(([, name]) => `${name}=`)));
    }
  });

  test('holds nothing that looks like a secret', () => {
    const secret = /sk-[a-zA-Z0-9]{16}|ghp_[a-zA-Z0-9]{16}|AKIA[A-Z0-9]{12}|-----BEGIN|xox[bp]-/;

    expect(bundle.files.filter(({ content }) => secret.test(content))).toEqual([]);
  });

  test('is the same every time, zipped too', () => {
    const again = generateBundle(structuredClone(input));

    expect(again).toEqual(bundle);
    expect(zipBundle(again.files.toReversed())).toEqual(zipBundle(bundle.files));
  });

  test('comes out of its zip as it went in', () => {
    const unzipped = Object.entries(unzipSync(zipBundle(bundle.files)));

    expect(unzipped.map(([path, bytes]) => ({ path, content: strFromU8(bytes) }))).toEqual(bundle.files);
  });
});

/** `any` as a type, assertions but for constants, and comments that switch a check off. */
const UNTYPED =
  /[:<|&([,]\s*any\b(?!\()|@ts-|(?:es|ox)lint-|^(?!import).*[\w)\]] as (?!const\b)\w.*|[\w)\]]!\./gm;

const PROJECT_FILES = [
  '.dockerignore',
  '.env.example',
  '.gitignore',
  '.oxlintrc.json',
  'Dockerfile',
  'README.md',
  'agent-card.json',
  'agent.json',
  'agentspec.json',
  'evals/cases.json',
  'evals/run.ts',
  'package-lock.json',
  'package.json',
  'prompts/instructions.md',
  'src/agent.ts',
  'src/main.ts',
  'src/mcp.ts',
  'src/server.ts',
  'src/tools/index.ts',
  'tests/agent.spec.ts',
  'tests/support/model-protocol.ts',
  'tsconfig.build.json',
  'tsconfig.json',
];

/** What is left of a source when its string literals and comments are gone. */
function withoutStrings(source: string): string {
  return source.replace(
    /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    "''",
  );
}

describe.each(TARGETS)('hostile text for %s', (target) => {
  const bundle = generateBundle(hostile(target));

  // Code injection: whatever leaves a literal would run on the machine of whoever downloads the bundle.
  test('is in no source file outside a string literal', () => {
    const sources = sourcesOf(bundle).map(({ content }) => withoutStrings(content));

    expect(sources.filter((source) => /process\.exit\(|passwd|<\/?script|`/.test(source))).toEqual([]);
  });

  test('is on one line in each README, and not as markup', () => {
    for (const { path, content } of bundle.files.filter((file) => file.path.endsWith('.md'))) {
      if (path.endsWith('instructions.md')) continue;
      expect(content).not.toMatch(/<a |<!--|<\/script>|[^\\]\| # /);
      expect(content.split('\n')[0]).toMatch(/^# ".*/);
    }
  });

  test('gives names of packages that npm accepts', () => {
    for (const { content } of bundle.files.filter(({ path }) => path.endsWith('/package.json'))) {
      expect(content).toMatch(/^ {2}"name": "[a-z0-9-]{1,80}",$/m);
    }
  });

  test('is no placeholder in the Agent Spec', () => {
    const specs = bundle.files.filter(({ path }) => path.endsWith('agentspec.json'));

    expect(specs).toHaveLength(3);
    expect(specs.filter(({ content }) => /"system_prompt": .*\{\{/.test(content))).toEqual([]);
    expect(HOSTILE_TEXT).toContain('{{');
  });
});

describe('a tool', () => {
  const bundle = generateBundle(oneAgent('CLAUDE_AGENT_SDK'));

  test('with an operation that follows from its name and types calls the system', () => {
    expect(contentOf(bundle, 'src/tools/jira-create-issue.ts')).toMatchInlineSnapshot(`
      "import { z } from 'zod';
      import { createItem } from '../connectors/jira.ts';
      import { describeInput } from '../connectors/item.ts';
      import { defineTool } from '../tool.ts';

      const input = z.strictObject({
        travel_claim: z.string().min(1).describe('travel claim'),
      });
      export type Input = z.infer<typeof input>;

      const output = z.strictObject({ jira_issue: z.string().min(1).describe('Jira issue') });
      export type Output = z.infer<typeof output>;

      export const jiraCreateIssueTool = defineTool({
        name: 'jira_create_issue',
        description: 'Create Jira issue in Jira.',
        input,
        output,
        requiresApproval: false,
        // Derived from the name and the types of the tool: see that the right fields are filled.
        execute: async (given, { signal }) => {
          const item = await createItem(describeInput('Create issue', given), signal);
          return { jira_issue: item.key };
        },
      });
      "
    `);
  });

  test('without one is a stub that fails, and the README says so', () => {
    expect(contentOf(bundle, 'src/tools/sap-book-payout.ts')).toContain(
      "execute: async () => await Promise.reject(new NotImplementedError('sap_book_payout'))",
    );
    expect(contentOf(bundle, 'README.md')).toContain('- `sap_book_payout`: `src/tools/sap-book-payout.ts`');
    expect(contentOf(bundle, 'README.md')).toMatch(/`sap_book_payout` \| .* \| none yet \| stub \| yes \|/);
  });

  test('that needs approval says so where it is defined', () => {
    expect(contentOf(bundle, 'src/tools/sap-book-payout.ts')).toContain('requiresApproval: true');
    expect(contentOf(bundle, 'src/tools/jira-create-issue.ts')).toContain('requiresApproval: false');
  });
});

describe('a team', () => {
  const bundle = generateBundle(team('OPENAI_AGENTS_SDK'));

  test('hands over by tools, and never to itself or to nobody', () => {
    expect(contentOf(bundle, 'claims-intake/src/tools/hand-offs.ts')).toMatch(
      /name: 'hand_off_to_service_desk',\n.*\n +envPrefix: 'SERVICE_DESK',/,
    );
    expect(contentOf(bundle, 'claims-intake/src/tools/hand-offs.ts').match(/defineHandOff\(/g)).toHaveLength(
      1,
    );
    expect(contentOf(bundle, 'docker-compose.yml')).toContain(
      'SERVICE_DESK_AGENT_URL: "http://service-desk:8080"',
    );
  });

  test('goes each way of the process with its own tools and hand-offs', () => {
    const steps = (path: string): unknown =>
      JSON.parse(contentOf(bundle, path)).map((one: { id: string; steps: { tool: string }[] }) => [
        one.id,
        ...one.steps.map(({ tool }) => tool),
      ]);

    expect(steps('claims-intake/evals/cases.json')).toEqual([
      ['case-1', 'sap_check_claim', 'jira_create_issue', 'sap_book_payout'],
      ['case-2'],
      ['case-3', 'hand_off_to_service_desk', 'sap_book_payout'],
    ]);
    expect(steps('service-desk/evals/cases.json')).toEqual([
      ['case-3', 'search_github_issues', 'create_jira_issues', 'hand_off_to_claims_intake'],
    ]);
  });
});

test('a design with too many agents is refused clearly', () => {
  const input = oneAgent('CLAUDE_AGENT_SDK');
  const agents = Array.from({ length: MAX_BUNDLE_AGENTS + 1 }, () => input.agents).flat();

  expect(() => generateBundle({ ...input, agents })).toThrow(BundleTooLargeError);
});

test('a design that is too long is refused clearly', () => {
  const input = oneAgent('CLAUDE_AGENT_SDK');
  const agents = input.agents.map((agent) => ({
    ...agent,
    definition: { ...agent.definition, instructions: 'x'.repeat(25_000_000) },
  }));

  expect(() => generateBundle({ ...input, agents })).toThrow(BundleTooLargeError);
});

describe('a zip', () => {
  // Zip slip: an archive must not write outside the folder it is unpacked into.
  test.each([
    '../x',
    '/etc/passwd',
    'a/../b',
    'a//b',
    'a\\b',
    '',
    '.',
    'a/..',
    'C:/x',
    'a\u0000b',
    'a/ ',
    'x.'.repeat(200),
  ])('with the path %j is refused', (path) => {
    expect(() => zipBundle([{ path, content: '' }])).toThrow('unsafe path');
  });

  test('that names a file twice is refused', () => {
    const files = ['src/a.ts', 'src/A.ts'].map((path) => ({ path, content: '' }));

    expect(() => zipBundle(files)).toThrow('twice');
  });
});
