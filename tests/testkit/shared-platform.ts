/** The platform that the project's test files share. Nothing in it is theirs to stop: such tests start their own. */
import { inject } from 'vitest';
import { openTestDatabase, type TestDatabaseAccess } from './database.ts';
import type { ProcessName } from '../../local/src/index.ts';
import { createTenant, type TestTenant } from './tenant.ts';

export interface SharedPlatform {
  /** Base address of the router. */
  readonly routerUrl: string;
  /** Where GraphQL is served to clients. */
  readonly graphqlUrl: string;
  /** Base address of a process. */
  url(name: ProcessName): string;
  readonly database: TestDatabaseAccess;
  /** A fresh tenant that no other test knows. */
  createTenant(): Promise<TestTenant>;
}

export function sharedPlatform(): SharedPlatform {
  const { urls, databaseName } = inject('platform');
  const database = openTestDatabase(inject('postgres'), databaseName);
  return {
    routerUrl: urls.router,
    graphqlUrl: `${urls.router}/graphql`,
    url: (name) => urls[name],
    database,
    createTenant: () => createTenant(urls.router, database),
  };
}
