import { describe, expect, test } from 'vitest';
import { parseDeadLettersCommand } from './arguments.ts';

const parse = (line: string) => parseDeadLettersCommand(line.split(' ').filter((word) => word !== ''));

describe('the command line of dead letters', () => {
  test('lists a subscription, a queue or an outbox', () => {
    expect(parse('list --source subscription:design-agents')).toEqual({
      action: 'list',
      place: { kind: 'source', source: { subscription: 'design-agents' } },
      ids: undefined,
      limit: 50,
      withBody: false,
    });
    expect(parse('list --source queue:design-jobs --limit 3 --body')).toMatchObject({
      place: { source: { queue: 'design-jobs' } },
      limit: 3,
      withBody: true,
    });
    expect(parse('list --source outbox:agents').place).toEqual({ kind: 'outbox', schema: 'agents' });
  });

  test('replays what is named, or expressly all', () => {
    expect(parse('replay --source outbox:agents --id one --id two').ids).toEqual(['one', 'two']);
    expect(parse('replay --source outbox:agents --all').ids).toBeUndefined();
  });

  test.each([
    ['', 'list or replay'],
    ['drop --source outbox:agents', 'list or replay'],
    ['list', '--source is one of'],
    ['list --source subscription:toString', '--source is one of'],
    ['list --source queue:design-agents', '--source is one of'],
    ['list --source outbox:auth', '--source is one of'],
    ['list --source outbox:agents --limit 0', '--limit'],
    ['list --source outbox:agents --limit x', '--limit'],
    ['list --everything', 'everything'],
    ['replay --source outbox:agents', '--id ID, once or more, or --all'],
    ['replay --source outbox:agents --id one --all', '--id ID, once or more, or --all'],
  ])('refuses "%s"', (line, reason) => {
    expect(() => parse(line)).toThrow(reason);
  });
});
