import { defineConfig } from 'vitest/config';
import { keepCompiledCode, onInstalledPostgres } from './tests/testkit/run-env.ts';

keepCompiledCode();

// The packages import `graphql` both as ESM and as CommonJS; two copies of it do not accept each other's schemas.
const resolve = { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] };

/** Tests against real services: patience for two busy cores, and one PostgreSQL for all files. */
const real = { testTimeout: 60_000, hookTimeout: 120_000, globalSetup: 'tests/testkit/global-postgres.ts' };

/** They ask no database, so another version of it says nothing new about them. */
const WITHOUT_DATABASE = [
  'tests/integration/docs/**',
  'tests/integration/design/ai/{ai-client,providers}.test.ts',
  'tests/integration/design/longest-texts.test.ts',
  'tests/integration/design/engine/**',
  'tests/integration/messaging/{memory-transport.test.ts,service-bus*}',
  'tests/integration/platform/{environment,server}.test.ts',
  'tests/integration/shared-state/topologies.test.ts',
];

export default defineConfig({
  test: {
    maxWorkers: 2,
    // The counts that CI prints last.
    reporters: ['default', 'json'],
    outputFile: { json: '.vitest-results.json' },
    // One project after the other: two platforms at once are more than two cores bear.
    projects: [
      {
        resolve,
        test: {
          name: 'unit',
          include: ['{packages,subgraphs,router,local}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          testTimeout: 20_000,
          // No file changes what another one imports, so a worker loads it once.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        resolve,
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          exclude: onInstalledPostgres ? WITHOUT_DATABASE : [],
          ...real,
          isolate: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve,
        test: {
          name: 'platform',
          include: ['tests/{isolation,supergraph,browser}/**/*.test.ts'],
          ...real,
          // One running platform for all files.
          globalSetup: 'tests/testkit/global-platform.ts',
          sequence: { groupOrder: 2 },
        },
      },
      {
        resolve,
        test: {
          name: 'edge',
          include: ['tests/edge/**/*.test.ts'],
          ...real,
          sequence: { groupOrder: 3 },
        },
      },
      {
        resolve,
        test: {
          name: 'resilience',
          include: ['tests/resilience/**/*.test.ts'],
          ...real,
          testTimeout: 120_000,
          sequence: { groupOrder: 4 },
        },
      },
      {
        resolve,
        test: {
          name: 'deploy',
          include: ['tests/deploy/**/*.test.ts'],
          // It starts a PostgreSQL of its own, as a container would find it.
          testTimeout: 120_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 5 },
        },
      },
      {
        resolve,
        test: {
          name: 'generated-code',
          include: ['tests/generated-code/**/*.test.ts'],
          // Installs and compilers of real projects, one after the other.
          testTimeout: 240_000,
          hookTimeout: 300_000,
          maxWorkers: 1,
          sequence: { groupOrder: 6 },
        },
      },
      {
        resolve,
        test: {
          name: 'fresh-clone',
          include: ['tests/fresh-clone/**/*.test.ts'],
          hookTimeout: 120_000,
          maxWorkers: 1,
          sequence: { groupOrder: 7 },
        },
      },
    ],
  },
});
