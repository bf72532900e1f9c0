/** Turns one line of a process into something a person reads: JSON of the services, text of PostgreSQL, anything else. */
import { z } from 'zod';

export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

export type Level = (typeof LEVELS)[number];

export interface LogLine {
  level: Level;
  /** Undefined where the line does not say it. */
  time: Date | undefined;
  text: string;
  /** A stack trace or anything else that needs lines of its own. */
  details: string | undefined;
}

const PinoLine = z.looseObject({
  level: z.number(),
  time: z.union([z.number(), z.string()]).optional(),
  msg: z.string().optional(),
  /** True for the line that every answered request leaves. */
  access: z.unknown().optional(),
  err: z.object({ message: z.string().optional(), stack: z.string().optional() }).optional(),
});

// The prefix of a line says who wrote it already, and the process id is of no use on one machine.
const NOT_SHOWN = new Set(['level', 'time', 'msg', 'err', 'pid', 'hostname', 'name', 'access']);
const PINO_STEP = 10;
const LONGEST_VALUE = 160;

const POSTGRES_LINE = /^(\d{4}-\d\d-\d\d [\d:.]+) UTC \[\d+\] (\w+):\s+(.*)$/;

// The answer to whoever connects too early, the launcher's own question whether the database is up included.
const NOT_YET_READY = /^the database system is (starting up|not yet accepting connections|shutting down)$/;

const POSTGRES_LEVELS: Readonly<Record<string, Level>> = {
  // PostgreSQL tells at this level what it does all day: checkpoints, starts, stops.
  LOG: 'debug',
  WARNING: 'warn',
  // The client gets the error too and says what it means; here it is only the database's view of it.
  ERROR: 'debug',
  STATEMENT: 'debug',
  DETAIL: 'debug',
  HINT: 'debug',
  FATAL: 'warn',
  PANIC: 'fatal',
};

export function parseLogLine(raw: string): LogLine {
  return (
    parsePino(raw) ?? parsePostgres(raw) ?? { level: 'info', time: undefined, text: raw, details: undefined }
  );
}

function parsePino(raw: string): LogLine | undefined {
  if (!raw.startsWith('{')) return undefined;
  const line = PinoLine.safeParse(parseJson(raw)).data;
  if (line === undefined) return undefined;
  const fields = Object.entries(line)
    .filter(([name]) => !NOT_SHOWN.has(name))
    .map(([name, value]) => ` ${name}=${toText(value)}`);
  // A line per request is for whoever searches the logs of a deployment; on a terminal it hides what matters.
  const level =
    line.access === true
      ? 'debug'
      : (LEVELS[Math.min(Math.max(Math.floor(line.level / PINO_STEP) - 1, 0), LEVELS.length - 1)] ?? 'info');
  // Only what went wrong for good is worth a stack; a warning says its reason in the same line.
  const isFailure = level === 'error' || level === 'fatal';
  const reason = line.msg !== undefined && !isFailure ? line.err?.message : undefined;
  const message = [line.msg ?? line.err?.message ?? '', ...(reason === undefined ? [] : [reason])].join(': ');
  return {
    level,
    time: line.time === undefined ? undefined : new Date(line.time),
    text: `${message}${fields.join('')}`,
    details: isFailure ? (line.err?.stack ?? line.err?.message) : undefined,
  };
}

function parsePostgres(raw: string): LogLine | undefined {
  const [, time, severity, text] = POSTGRES_LINE.exec(raw) ?? [];
  if (time === undefined || severity === undefined || text === undefined) return undefined;
  const level = NOT_YET_READY.test(text) ? 'debug' : (POSTGRES_LEVELS[severity] ?? 'info');
  return { level, time: new Date(`${time}Z`), text, details: undefined };
}

function parseJson(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    // A line that only looks like JSON is shown as it is.
    return undefined;
  }
}

function toText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}
