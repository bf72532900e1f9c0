import { pino, type Logger, type LoggerOptions } from 'pino';
import { logFacts } from './telemetry/scope.ts';

export type { Logger };

/**
 * Makes the structured logger of one process: JSON lines on standard output.
 * Lines written for a request or a message carry its ids: request, trace, span, tenant, actor.
 * Values under names that carry secrets are replaced, at the top level and one level down.
 */
export function createLogger(options: {
  readonly name: string;
  readonly level: string;
  /** Gets the lines instead of standard output. */
  readonly write?: (line: string) => void;
}): Logger {
  const settings: LoggerOptions = {
    name: options.name,
    level: options.level,
    mixin: logFacts,
    redact: {
      paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`]),
      censor: '[redacted]',
    },
  };
  return options.write ? pino(settings, { write: options.write }) : pino(settings);
}

const SECRET_NAMES = [
  'authorization',
  'accessToken',
  'refreshToken',
  'password',
  'credential',
  'token',
  'secret',
  'cookie',
];
