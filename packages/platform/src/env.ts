import { z } from 'zod';

/** Names every problem of the environment at once, so that a start is not a guessing game. */
export class EnvError extends Error {
  override readonly name = 'EnvError';
}

/**
 * Parses environment variables by a zod object. An empty variable counts as absent.
 * @throws EnvError that lists all problems, one per line, without the values (they may be secrets).
 */
export function readEnv<Shape extends z.ZodRawShape>(
  model: z.ZodObject<Shape>,
  source: Readonly<Record<string, string | undefined>>,
): z.output<z.ZodObject<Shape>> {
  const present = Object.fromEntries(
    Object.entries(source).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = model.safeParse(present);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `  ${issue.path.join('.')}: ${describe(issue, present)}`,
  );
  throw new EnvError(`The environment is not complete:\n${problems.join('\n')}`);
}

function describe(issue: z.core.$ZodIssue, present: Readonly<Record<string, unknown>>): string {
  const name = issue.path[0];
  const isMissing = typeof name === 'string' && !(name in present);
  return isMissing ? 'is required' : issue.message;
}

/** Variables that every service reads. */
export const serviceEnv = {
  NODE_ENV: z.enum(['development', 'test', 'production']).default('production'),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
};

/** A connection string of PostgreSQL. */
export const postgresUrl = z.string().startsWith('postgres');

/** A secret of at least 32 bytes in base64, as it is written. */
export const secretText = z
  .string()
  .refine(
    (text) => Buffer.from(text, 'base64').length >= 32,
    'must be at least 32 random bytes in base64 (openssl rand -base64 32)',
  );

/** The bytes of such a secret. */
export const secretKey = secretText.transform((text) => Buffer.from(text, 'base64'));
