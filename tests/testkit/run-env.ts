/** What a run of the tests finds in its environment, and what it puts there for everything that it starts. */
import { fileURLToPath } from 'node:url';

/** Tests start the same services hundreds of times: what Node has compiled once it loads again. */
export function keepCompiledCode(): void {
  process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(
    new URL('../../node_modules/.cache/node', import.meta.url),
  );
}

/** Whether the tests run on a PostgreSQL of the system, beside a run on the embedded one. */
export const onInstalledPostgres = process.env['FLOWGRID_TEST_POSTGRES_BIN'] !== undefined;

/** What a process of the platform has of the run that it belongs to. */
export function toInheritedEnv(): Record<string, string> {
  const names = ['PATH', 'NODE_COMPILE_CACHE'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
