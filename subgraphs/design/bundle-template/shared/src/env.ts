/** Every environment variable is read here; an empty one counts as absent. */
import { NotConfiguredError } from './tool.ts';

export function readEnv(name: string): string | null {
  const value = process.env[name]?.trim();
  return value === undefined || value === '' ? null : value;
}

/** Throws NotConfiguredError when the variable is absent. */
export function requireEnv(name: string): string {
  const value = readEnv(name);
  if (value === null) throw new NotConfiguredError(name);
  return value;
}

/** Throws when the variable holds anything but a whole number of the range. */
export function readNumber(name: string, fallback: number, [least, most]: readonly [number, number]): number {
  const text = readEnv(name);
  if (text === null) return fallback;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${name} must be a whole number from ${least} to ${most}.`);
}

/** `${NAME}` becomes the variable's value, so that a file can refer to a secret without holding it. */
export function expandEnv(text: string): string {
  return text.replace(/\$\{([A-Z][A-Z0-9_]*)\}/g, (_, name: string) => requireEnv(name));
}

/** The variables whose names begin so: what a child process is given instead of everything. */
export function pickEnv(prefixes: readonly string[]): Record<string, string> {
  const chosen = Object.entries(process.env).flatMap(([name, value]) =>
    value !== undefined && prefixes.some((prefix) => name.startsWith(prefix)) ? [[name, value] as const] : [],
  );
  return Object.fromEntries(chosen);
}
