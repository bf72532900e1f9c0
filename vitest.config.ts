import { defineConfig } from 'vitest/config';

// The packages import `graphql` both as ESM and as CommonJS; two copies of it do not accept each other's schemas.
const resolve = { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] };

/** Tests against real services: patience for two busy cores, and one PostgreSQL for all files. */
const real = { testTimeout: 60_000, hookTimeout: 120_000, globalSetup: 'tests/testkit/global-postgres.ts' };

/** The same, with one running platform for all files. */
const whole = { ...real, globalSetup: 'tests/testkit/global-platform.ts' };

export default defineConfig({
  test: {
    maxWorkers: 2,
    // The counts that CI prints last.
    reporters: ['default', 'json'],
    outputFile: { json: '.vitest-results.json' },
    projects: [
      {
        resolve,
        test: {
          name: 'unit',
          include: ['{packages,subgraphs,router,local}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          testTimeout: 20_000,
        },
      },
      { resolve, test: { name: 'integration', include: ['tests/integration/**/*.test.ts'], ...real } },
      { resolve, test: { name: 'isolation', include: ['tests/isolation/**/*.test.ts'], ...whole } },
      { resolve, test: { name: 'supergraph', include: ['tests/supergraph/**/*.test.ts'], ...whole } },
      {
        resolve,
        // A browser beside the whole platform needs more patience than either.
        test: { name: 'browser', include: ['tests/browser/**/*.test.ts'], ...whole, testTimeout: 120_000 },
      },
      { resolve, test: { name: 'resilience', include: ['tests/resilience/**/*.test.ts'], ...real } },
      {
        resolve,
        test: {
          name: 'fresh-clone',
          include: ['tests/fresh-clone/**/*.test.ts'],
          hookTimeout: 120_000,
          maxWorkers: 1,
        },
      },
    ],
  },
});
