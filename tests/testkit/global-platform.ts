/** One PostgreSQL and one whole platform for every test file of a project; each test makes a tenant of its own in it. */
import type { TestProject } from 'vitest/node';
import { PROCESS_NAMES, type ProcessName } from '../../local/src/index.ts';
import { createTestDatabase } from './database.ts';
import { startTestPostgres } from './global-postgres.ts';
import { PATIENT_ROUTER, startWholePlatform } from './platform.ts';

/** What test files need to reach the platform; plain data, because it crosses processes. */
export interface PlatformAccess {
  readonly urls: Readonly<Record<ProcessName, string>>;
  readonly databaseName: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    platform: PlatformAccess;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = new AsyncDisposableStack();
  try {
    const { superuserUrl, secrets } = stack.use(await startTestPostgres());
    const postgres = { superuserUrl, secrets };
    project.provide('postgres', postgres);
    const database = stack.use(await createTestDatabase(postgres));
    const platform = stack.use(await startWholePlatform({ database, postgres, env: PATIENT_ROUTER }));
    const urls = Object.fromEntries(PROCESS_NAMES.map((name) => [name, platform.url(name)]));
    project.provide('platform', {
      urls: urls as Record<ProcessName, string>,
      databaseName: database.name,
    });
    return () => stack.disposeAsync();
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
