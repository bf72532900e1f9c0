/** What the launcher and its tools read from the environment. */
import { readEnv } from '@flowgrid/platform';
import { z } from 'zod';
import { LEVELS } from './logs/log-line.ts';
import { DEFAULT_PORTS } from './processes.ts';

export const LauncherEnv = z.object({
  FLOWGRID_HOME: z
    .string()
    .optional()
    .describe('The folder of data and secrets; .flowgrid in the checkout if not given.'),
  PORT: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(DEFAULT_PORTS.router)
    .describe('Port of the router; another is chosen and printed when it is taken.'),
  LOG_LEVEL: z.enum(LEVELS).default('info').describe('The least important log lines that are printed.'),
  NO_COLOR: z.string().optional().describe('Any value: plain text in a terminal.'),
  /** Set by npm while it runs a script. */
  npm_lifecycle_event: z.string().optional(),
});

export type LauncherEnv = z.infer<typeof LauncherEnv>;

export function readLauncherEnv(): LauncherEnv {
  return readEnv(LauncherEnv, process.env);
}

/** Keys and wishes for AI providers: only the processes of design get them. */
const OF_AI = /^(?:ANTHROPIC|OPENAI|AI)_/;

/** What the processes inherit: all but what npm adds, what the process table decides, and what is for single ones. */
export function readInheritedEnv(): Record<string, string> {
  const decided = new Set(['DATABASE_URL', 'PORT', 'HOST', 'NODE_ENV']);
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || name.startsWith('npm_') || decided.has(name) || OF_AI.test(name)
        ? []
        : [[name, value]],
    ),
  );
}

/** The variables of AI providers, as they were given to the launcher. */
export function readAiEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      OF_AI.test(name) && value !== undefined && value !== '' ? [[name, value]] : [],
    ),
  );
}
