import { z } from 'zod';
import { findUnknownVariables } from './env-names.ts';

/** Names every problem of the environment at once, so that a start is not a guessing game. */
export class EnvError extends Error {
  override readonly name = 'EnvError';
}

/** Variables that exclude each other: it is a problem when all of them are given. */
export interface Contradiction {
  readonly variables: readonly [string, string, ...string[]];
  /** Why, and which one to take: it follows the names in the message. */
  readonly problem: string;
}

/**
 * Parses environment variables by a zod object. An empty variable counts as absent.
 * @throws EnvError that lists all problems, one per line, without the values (they may be secrets): what is missing,
 * invalid or contradictory, and what is not known and looks as if somebody believes that it is.
 */
export function readEnv<Shape extends z.ZodRawShape>(
  model: z.ZodObject<Shape>,
  source: Readonly<Record<string, string | undefined>>,
  contradictions: readonly Contradiction[] = [],
): z.output<z.ZodObject<Shape>> {
  const present = Object.fromEntries(
    Object.entries(source).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = model.safeParse(present);
  const problems = [
    ...(result.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${describe(issue, present)}`),
    ...describeContradictions(contradictions, present),
    ...describeUnknown(Object.keys(present), model.shape),
  ];
  if (result.success && problems.length === 0) return result.data;
  throw new EnvError(`The environment is not valid:\n${problems.map((line) => `  ${line}`).join('\n')}`);
}

function describe(issue: z.core.$ZodIssue, present: Readonly<Record<string, unknown>>): string {
  const name = issue.path[0];
  const isMissing = typeof name === 'string' && !(name in present);
  return isMissing ? 'is required' : issue.message;
}

function describeContradictions(
  contradictions: readonly Contradiction[],
  present: Readonly<Record<string, unknown>>,
): string[] {
  return contradictions
    .filter(({ variables }) => variables.every((name) => name in present))
    .map(({ variables, problem }) => `${variables.join(' and ')}: ${problem}`);
}

function describeUnknown(present: readonly string[], shape: z.ZodRawShape): string[] {
  // A tool that runs in a service's container reads a few of its variables; only a service reads all that concerns it.
  const isService = Object.keys(serviceEnv).every((name) => name in shape);
  return findUnknownVariables(present, Object.keys(shape), isService).map(({ name, meant }) =>
    meant === null ? `${name}: is not known` : `${name}: is not known; did you mean ${meant}?`,
  );
}

/** Variables that every service reads. */
export const serviceEnv = {
  NODE_ENV: z
    .enum(['development', 'test', 'production'])
    .default('production')
    .describe('development, test or production; production hides the schema and the playground.'),
  HOST: z.string().default('127.0.0.1').describe('Address to listen at.'),
  PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .describe('Port to listen at; 0 lets the system choose one.'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('The least important log lines that are written.'),
  SHUTDOWN_DRAIN_SECONDS: z.coerce
    .number()
    .min(0)
    .max(300)
    .default(5)
    .describe(
      'How long requests are still served after SIGTERM while /readyz answers 503, so that balancers can turn away.',
    ),
  MAX_EVENT_LOOP_DELAY_MS: z.coerce
    .number()
    .int()
    .min(0)
    .default(1000)
    .describe(
      'Mean delay of the event loop above which requests are refused with 503; 0 refuses none for it.',
    ),
  MAX_REQUESTS_IN_FLIGHT: z.coerce
    .number()
    .int()
    .min(1)
    .default(1000)
    .describe('Requests at once above which further ones are refused with 503.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must be an http or https address' })
    .optional()
    .describe(
      'OTLP/HTTP endpoint that gets traces; nothing is traced without it. The other OTEL_ variables of the standard apply too.',
    ),
};

/** What the variables of every service say about its HTTP server. */
export function toHttpOptions(env: z.output<z.ZodObject<typeof serviceEnv>>): {
  readonly host: string;
  readonly port: number;
  readonly maxEventLoopDelayMs: number;
  readonly maxRequestsInFlight: number;
} {
  return {
    host: env.HOST,
    port: env.PORT,
    maxEventLoopDelayMs: env.MAX_EVENT_LOOP_DELAY_MS,
    maxRequestsInFlight: env.MAX_REQUESTS_IN_FLIGHT,
  };
}

/** The connections that a service with a database opens to it. */
export const poolSizeEnv = {
  DATABASE_POOL_SIZE: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .describe('Connections to PostgreSQL that a process opens at most.'),
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
