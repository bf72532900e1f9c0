import { pino, type Logger } from 'pino';

export type { Logger };

/**
 * Makes the structured logger of one process: JSON lines on standard output.
 * Values under names that carry secrets are replaced, at the top level and one level down.
 */
export function createLogger(options: { name: string; level: string }): Logger {
  return pino({
    name: options.name,
    level: options.level,
    redact: {
      paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`]),
      censor: '[redacted]',
    },
  });
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
