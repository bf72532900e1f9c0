/** package.json, tsconfig.json and .env.example of a bundle. */
import type { AgentDefinition, IntegrationKind } from '../definition/agent-definition.ts';
import { oneLine } from '../definition/plain-text.ts';
import { toFileWords, toJsonFile } from './literals.ts';

/** Exact versions, tried together. The two SDKs beside the first are its peers. */
const DEPENDENCIES = {
  '@anthropic-ai/claude-agent-sdk': '0.3.330',
  '@anthropic-ai/sdk': '1.12.0',
  '@modelcontextprotocol/sdk': '1.32.2',
  zod: '4.6.7',
};
const DEV_DEPENDENCIES = { '@types/node': '24.19.2', typescript: '7.0.2' };

export function toPackageJson(name: string, slug: string): string {
  return toJsonFile({
    name: toFileWords(slug, 'agent', 80),
    version: '0.1.0',
    private: true,
    description: oneLine(name, 200),
    license: 'UNLICENSED',
    type: 'module',
    engines: { node: '>=22.12' },
    scripts: {
      build: 'tsc -p tsconfig.json',
      typecheck: 'tsc -p tsconfig.json --noEmit',
      prestart: 'npm run build --silent',
      start: 'node --env-file-if-exists=.env dist/main.js',
    },
    dependencies: DEPENDENCIES,
    devDependencies: DEV_DEPENDENCIES,
  });
}

/** `dom` is there for the SDKs' own declarations, which name types of the fetch standard. */
export function toTsconfig(): string {
  return toJsonFile({
    compilerOptions: {
      target: 'es2024',
      lib: ['es2024', 'dom'],
      module: 'nodenext',
      moduleResolution: 'nodenext',
      types: ['node'],
      rootDir: 'src',
      outDir: 'dist',
      sourceMap: true,
      strict: true,
      exactOptionalPropertyTypes: true,
      noFallthroughCasesInSwitch: true,
      noImplicitOverride: true,
      noImplicitReturns: true,
      noPropertyAccessFromIndexSignature: true,
      noUncheckedIndexedAccess: true,
      noUnusedLocals: true,
      verbatimModuleSyntax: true,
      isolatedModules: true,
      forceConsistentCasingInFileNames: true,
    },
    include: ['src'],
  });
}

export function connectorKinds(definition: AgentDefinition): readonly IntegrationKind[] {
  const kinds = definition.tools.flatMap(({ integrationKind }) =>
    integrationKind === null ? [] : [integrationKind],
  );
  return [...new Set(kinds)].toSorted();
}

export function toEnvExample(definition: AgentDefinition): string {
  const connectors = connectorKinds(definition).flatMap((kind) => [
    '',
    `# Endpoint that serves the ${kind} tools (README.md), and the bearer token it wants, if any`,
    `${kind}_CONNECTOR_URL=`,
    `${kind}_CONNECTOR_TOKEN=`,
  ]);
  const lines = [
    '# Key for the model',
    'ANTHROPIC_API_KEY=',
    '',
    '# Another model than the one in src/config.ts',
    'AGENT_MODEL=',
    ...connectors,
  ];
  return `${lines.join('\n')}\n`;
}
