import { defineConfig } from 'vitest/config';

// The packages import `graphql` both as ESM and as CommonJS; two copies of it do not accept each other's schemas.
const alias = { graphql: 'graphql/index.js' };

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/**/*.test.ts', 'subgraphs/**/*.test.ts', 'router/**/*.test.ts', 'local/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'platform',
          include: ['tests/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'tests/bench/**'],
        },
      },
    ],
  },
});
