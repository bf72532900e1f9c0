import { defineConfig } from 'vitest/config';

/** Apart from the projects of `npm test`: the emulator needs Docker, and takes one test at a time. */
export default defineConfig({
  test: {
    root: new URL('../../..', import.meta.url).pathname,
    include: ['tests/integration/messaging/service-bus.emulator.ts'],
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
