// What the test kit shares with `npm start`, so that tests run the platform exactly as a person does.
export { LocalError } from './local-error.ts';
export { findFreePort } from './ports.ts';
export { startPostgres } from './postgres/start-postgres.ts';
export type { PostgresOptions, RunningPostgres } from './postgres/start-postgres.ts';
export { startWatchdog } from './watchdog/start-watchdog.ts';
export type { Watchdog } from './watchdog/start-watchdog.ts';
export { bootstrapDatabase, DATABASE_ROLES, databaseUrl, OWNER_ROLE } from './postgres/bootstrap.ts';
export type { BootstrapOptions, DatabaseRole, RolePasswords } from './postgres/bootstrap.ts';
