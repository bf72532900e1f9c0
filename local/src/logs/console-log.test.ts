import { describe, expect, test } from 'vitest';
import type { Level } from './log-line.ts';
import { createConsoleLog } from './console-log.ts';
import { parseLogLine } from './log-line.ts';

const noon = new Date(2026, 0, 1, 12, 0, 0);

function render(lines: readonly (readonly [string, string])[], level: Level = 'info'): string {
  let output = '';
  const log = createConsoleLog({
    write: (text) => {
      output += text;
    },
    isColoured: false,
    level,
    sources: ['auth', 'router'],
    now: () => noon,
  });
  for (const [source, raw] of lines) log.line(source, raw);
  return output;
}

describe('the console log', () => {
  test('shows time, level, message and the fields that matter', () => {
    const raw = {
      level: 40,
      time: noon.getTime(),
      pid: 7,
      hostname: 'h',
      name: 'auth',
      msg: 'slow',
      ms: 812,
    };

    expect(render([['auth', JSON.stringify(raw)]])).toBe('auth     | 12:00:00 WARN  slow ms=812\n');
  });

  test('keeps the line per request for those who ask for more', () => {
    const raw = JSON.stringify({
      level: 30,
      time: noon.getTime(),
      access: true,
      msg: 'request',
      status: 200,
    });

    expect(render([['router', raw]])).toBe('');
    expect(render([['router', raw]], 'debug')).toBe('router   | 12:00:00 DEBUG request status=200\n');
  });

  test('gives a stack lines of its own, each with the name in front', () => {
    const raw = {
      level: 50,
      time: noon.getTime(),
      msg: 'failed',
      err: { message: 'no', stack: 'Error: no\n  at x' },
    };

    expect(render([['router', JSON.stringify(raw)]])).toBe(
      'router   | 12:00:00 ERROR failed\nrouter   | Error: no\nrouter   |   at x\n',
    );
  });

  test('says the reason of a warning in the same line, without a stack', () => {
    const raw = {
      level: 40,
      time: noon.getTime(),
      msg: 'trying again',
      err: { message: 'refused', stack: 'Error: x' },
    };

    expect(render([['router', JSON.stringify(raw)]])).toBe(
      'router   | 12:00:00 WARN  trying again: refused\n',
    );
  });

  test('passes on what is no log line of ours, broken JSON included', () => {
    expect(
      render([
        ['auth', 'plain text'],
        ['auth', '{"level":30'],
        ['auth', '{"a":1}'],
      ]),
    ).toBe(
      'auth     | 12:00:00 INFO  plain text\nauth     | 12:00:00 INFO  {"level":30\nauth     | 12:00:00 INFO  {"a":1}\n',
    );
  });

  test('leaves out what is below its level', () => {
    const debug = JSON.stringify({ level: 20, time: noon.getTime(), msg: 'quiet' });

    expect(render([['auth', debug]])).toBe('');
    expect(render([['auth', debug]], 'debug')).toBe('auth     | 12:00:00 DEBUG quiet\n');
  });
});

test.each([
  ['LOG:  checkpoint starting: time', 'debug', 'checkpoint starting: time'],
  ['FATAL:  sorry, too many clients already', 'warn', 'sorry, too many clients already'],
  ['FATAL:  the database system is starting up', 'debug', 'the database system is starting up'],
  ['PANIC:  could not write to file', 'fatal', 'could not write to file'],
] as const)('PostgreSQL says %s', (line, level, text) => {
  expect(parseLogLine(`2026-01-01 12:00:00.500 UTC [42] ${line}`)).toEqual({
    level,
    time: new Date('2026-01-01T12:00:00.500Z'),
    text,
    details: undefined,
  });
});
