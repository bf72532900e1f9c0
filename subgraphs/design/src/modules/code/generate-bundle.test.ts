import { unzipSync, strFromU8 } from 'fflate';
import { describe, expect, test } from 'vitest';
import { proposeDefinition } from '../definition/propose-definition.ts';
import {
  CLAIM_MODEL,
  CLAIM_TEXT,
  CLAIM_TITLE,
  EMPTY_MODEL,
  HOSTILE_DEFINITION,
  HOSTILE_MODEL,
  HOSTILE_TEXT,
} from '../definition/samples.ts';
import { generateBundle } from './generate-bundle.ts';
import type { Bundle, BundleInput } from './generate-bundle.ts';
import { zipBundle } from './zip-bundle.ts';

const CLAIM_INPUT: BundleInput = {
  name: 'Travel claims agent',
  slug: 'travel-claims-agent',
  definition: proposeDefinition({
    title: CLAIM_TITLE,
    description: CLAIM_TEXT,
    processModel: CLAIM_MODEL,
    existingAgents: [],
    integrationKinds: ['JIRA'],
    model: { provider: 'anthropic', name: 'some-model' },
  }).definition,
  processModel: CLAIM_MODEL,
};
const HOSTILE_INPUT: BundleInput = {
  name: HOSTILE_TEXT,
  slug: HOSTILE_TEXT,
  definition: HOSTILE_DEFINITION,
  processModel: HOSTILE_MODEL,
};
const SAMPLES = [
  { sample: 'an ordinary agent', input: CLAIM_INPUT },
  {
    sample: 'an agent without tools',
    input: {
      ...CLAIM_INPUT,
      definition: { ...CLAIM_INPUT.definition, tools: [] },
      processModel: EMPTY_MODEL,
    },
  },
  { sample: 'hostile names', input: HOSTILE_INPUT },
];

function contentOf({ files }: Bundle, path: string): string {
  const file = files.find((candidate) => candidate.path === path);
  if (file === undefined) throw new Error(`No file ${path}`);
  return file.content;
}

describe.each(SAMPLES)('the bundle of $sample', ({ input }) => {
  const bundle = generateBundle(input);

  test('has every file that a project needs, in order', () => {
    const paths = bundle.files.map(({ path }) => path);

    expect(paths).toEqual(paths.toSorted());
    expect(paths).toEqual(
      expect.arrayContaining([
        '.env.example',
        '.gitignore',
        'README.md',
        'agent.json',
        'package.json',
        'prompts/instructions.md',
        'src/agent.ts',
        'src/main.ts',
        'src/tools/index.ts',
        'tsconfig.json',
      ]),
    );
  });

  test('has one file for each tool', () => {
    const tools = bundle.files.filter(
      ({ path }) => path.startsWith('src/tools/') && path !== 'src/tools/index.ts',
    );

    expect(tools).toHaveLength(input.definition.tools.length);
  });

  // Path traversal: names of agents and tools end up in paths.
  test('has only plain paths inside its folder, unique on any file system', () => {
    const paths = bundle.files.map(({ path }) => path.toLowerCase());

    expect(paths.filter((path) => !/^(?:[a-z]+\/){0,2}\.?[a-z0-9-]+(?:\.[a-z]+)*$/.test(path))).toEqual([]);
    expect(new Set(paths).size).toBe(paths.length);
  });

  test('names no `any`, skips no check and switches none off', () => {
    const sources = bundle.files
      .filter(({ path }) => path.endsWith('.ts'))
      .map(({ content }) => withoutStrings(content));

    expect(sources.filter((source) => /\bany\b|@ts-|eslint-|\bas\b(?! const)|!\./.test(source))).toEqual([]);
    expect(contentOf(bundle, 'tsconfig.json')).not.toContain('skipLibCheck');
  });

  test('holds no character in its code that an editor would hide', () => {
    const code = bundle.files.filter(({ path }) => /\.(?:ts|json|example)$/.test(path));

    expect(code.filter(({ content }) => /[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|(?!\n)\p{Cc}/u.test(content))).toEqual(
      [],
    );
  });

  test('keeps the definition and the process unchanged in its JSON files', () => {
    const { name, slug, definition } = input;

    expect(JSON.parse(contentOf(bundle, 'agent.json'))).toEqual({ name, slug, definition });
    expect(JSON.parse(contentOf(bundle, 'process.json'))).toEqual(input.processModel);
  });

  test('pins every dependency exactly', () => {
    const versions = contentOf(bundle, 'package.json').match(/(?<=": ")[\^~>]?\d+\.\d+\.\d+(?=")/g);

    expect(versions).toEqual(['0.1.0', '0.3.330', '1.12.0', '1.32.2', '4.6.7', '24.19.2', '7.0.2']);
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

/** What is left of a source when its string literals and comments are gone. */
function withoutStrings(source: string): string {
  return source.replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, "''");
}

describe('hostile text', () => {
  // Code injection: whatever leaves a literal would run on the machine of whoever downloads the bundle.
  test('is in no source file outside a string literal', () => {
    const { files } = generateBundle(HOSTILE_INPUT);
    const sources = files
      .filter(({ path }) => path.endsWith('.ts'))
      .map(({ content }) => withoutStrings(content));

    expect(sources.filter((source) => /process\.exit\(|passwd|<\/?script|`|\$\{/.test(source))).toEqual([]);
  });

  test('is on one line in the README, and not as markup', () => {
    const readme = contentOf(generateBundle(HOSTILE_INPUT), 'README.md');

    expect(readme).not.toMatch(/<a |<!--|<\/script>|[^\\]\| # /);
    expect(readme.split('\n')[0]).toMatch(/^# ".*/);
  });

  test('gives a package name that npm accepts', () => {
    const packageJson = contentOf(generateBundle(HOSTILE_INPUT), 'package.json');

    expect(packageJson).toMatch(/^ {2}"name": "[a-z0-9-]{1,80}",$/m);
  });
});

describe('a tool', () => {
  const bundle = generateBundle(CLAIM_INPUT);

  test('with a connector calls it within its types', () => {
    const source = contentOf(bundle, 'src/tools/jira-create-issue.ts');

    expect(source).toMatchInlineSnapshot(`
      "import { tool } from '@anthropic-ai/claude-agent-sdk';
      import { z } from 'zod';
      import { callConnector } from '../connectors.js';
      import { runTool } from '../run-tool.js';

      const NAME = "jira_create_issue";
      const DESCRIPTION = "Create Jira issue in Jira.";

      export const inputSchema = z.object({
        travel_claim: z.string().min(1).describe("travel claim"),
      });
      export type Input = z.infer<typeof inputSchema>;

      export const outputSchema = z.strictObject({ jira_issue: z.string().min(1).describe("Jira issue") });
      export type Output = z.infer<typeof outputSchema>;

      /** Throws NotConnectedError while the connector is not configured. */
      export async function execute(input: Input, signal: AbortSignal): Promise<Output> {
        return outputSchema.parse(await callConnector({ kind: "JIRA", tool: NAME, input, signal }));
      }

      export const jiraCreateIssueTool = tool(NAME, DESCRIPTION, inputSchema.shape, (input) =>
        runTool(NAME, (signal) => execute(input, signal)),
      );
      "
    `);
  });

  test('without a connector throws a clear error, and the README says so', () => {
    expect(contentOf(bundle, 'src/tools/sap-book-payout.ts')).toContain('throw new NotConnectedError(NAME');
    expect(contentOf(bundle, 'README.md')).toMatch(/`sap_book_payout` \| .* \| not connected \| yes \|/);
  });

  test('that needs approval is not among those that run freely', () => {
    expect(contentOf(bundle, 'src/tools/index.ts')).toContain(
      'export const approvalToolNames: readonly string[] = [\n  "sap_book_payout",\n];',
    );
  });
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
