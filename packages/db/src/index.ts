export {
  createDatabase,
  type Database,
  type DatabaseOptions,
  type PoolOptions,
  type TransactionalClient,
} from './database.ts';
export { MigrationError, migrate, type AppliedMigration } from './migrate.ts';
