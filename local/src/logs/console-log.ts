/** The log of all processes on one terminal: who, when, how bad, what. */
import { styleText } from 'node:util';
import type { Level } from './log-line.ts';
import { LEVELS, parseLogLine } from './log-line.ts';

export interface ConsoleLog {
  /** A line that a process wrote. */
  line(source: string, raw: string): void;
  /** Something the launcher itself says. */
  say(message: string): void;
}

export interface ConsoleLogOptions {
  write: (text: string) => void;
  isColoured: boolean;
  /** Lines below it are left out. */
  level: Level;
  /** The widest name decides how far all are padded. */
  sources: readonly string[];
  now: () => Date;
}

type Style = Parameters<typeof styleText>[0];

const LAUNCHER = 'flowgrid';
const SOURCE_STYLES: readonly Style[] = [
  'cyan',
  'green',
  'yellow',
  'magenta',
  'blue',
  'cyanBright',
  'greenBright',
];

const LEVEL_STYLES: Readonly<Record<Level, Style>> = {
  trace: 'gray',
  debug: 'gray',
  info: 'white',
  warn: 'yellow',
  error: 'red',
  fatal: 'red',
};

export function createConsoleLog(options: ConsoleLogOptions): ConsoleLog {
  const sources = [LAUNCHER, ...options.sources];
  const width = Math.max(...sources.map((name) => name.length));
  const lowest = LEVELS.indexOf(options.level);
  const paint = (style: Style, text: string): string =>
    options.isColoured ? styleText(style, text, { validateStream: false }) : text;

  const prefix = (source: string): string => {
    const position = Math.max(sources.indexOf(source), 0);
    const style =
      source === LAUNCHER ? 'bold' : (SOURCE_STYLES[(position - 1) % SOURCE_STYLES.length] ?? 'white');
    return `${paint(style, source.padEnd(width))} ${paint('gray', '|')} `;
  };
  const writeAll = (source: string, text: string): void => {
    options.write(
      `${text
        .split('\n')
        .map((line) => `${prefix(source)}${line}`.trimEnd())
        .join('\n')}\n`,
    );
  };

  return {
    line: (source, raw) => {
      const { level, time, text, details } = parseLogLine(raw);
      if (LEVELS.indexOf(level) < lowest) return;
      const clock = paint('gray', toClock(time ?? options.now()));
      writeAll(source, `${clock} ${paint(LEVEL_STYLES[level], `${level.toUpperCase().padEnd(5)} ${text}`)}`);
      if (details !== undefined) writeAll(source, paint('gray', details));
    },
    say: (message) => writeAll(LAUNCHER, message),
  };
}

function toClock(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}
