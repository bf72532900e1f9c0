import { OutboundError, type OutboundReason } from '@flowgrid/outbound';
import { expect, it } from 'vitest';
import type { Connection } from '../../adapters/connection.ts';
import { ConnectorError } from '../../adapters/connector-error.ts';
import { WriteWatch, type WriteOutcome } from './write-watch.ts';

type Answer = number | Error;

/** What is known after these requests. */
async function outcomeOf(
  requests: readonly (readonly [method: string, answer: Answer])[],
): Promise<WriteOutcome> {
  const watch = new WriteWatch();
  const answers = requests.map(([, answer]) => answer);
  const connection: Connection = {
    id: 'connection',
    baseUrl: 'https://example.test',
    apiUrl: 'https://example.test',
    knownLogin: null,
    fetch: async () => {
      const answer = answers.shift() ?? 200;
      if (answer instanceof Error) throw answer;
      return new Response('{}', { status: answer });
    },
  };
  const { fetch } = watch.over(connection);
  for (const [method] of requests) await fetch('https://example.test/', { method }).catch(() => undefined);
  return watch.outcome;
}

const outbound = (reason: OutboundReason): Error => new OutboundError(reason);

it.each<[string, [string, Answer][], WriteOutcome]>([
  ['nothing was written', [['GET', 200]], 'NOT_DONE'],
  ['reading failed', [['GET', outbound('TIMEOUT')]], 'NOT_DONE'],
  [
    'it was done',
    [
      ['GET', 200],
      ['POST', 201],
      ['GET', 200],
    ],
    'DONE',
  ],
  [
    'it was done, and reading failed',
    [
      ['POST', 201],
      ['GET', outbound('CONNECTION')],
    ],
    'DONE',
  ],
  ['it was refused', [['POST', 400]], 'NOT_DONE'],
  ['it was limited', [['POST', 429]], 'NOT_DONE'],
  ['a gateway gave up', [['POST', 504]], 'UNKNOWN'],
  ['the request timed out there', [['POST', 408]], 'UNKNOWN'],
  ['no answer came', [['PATCH', outbound('TIMEOUT')]], 'UNKNOWN'],
  ['the connection broke', [['post', outbound('CONNECTION')]], 'UNKNOWN'],
  ['the answer was too large', [['POST', outbound('TOO_LARGE')]], 'UNKNOWN'],
  ['it was redirected', [['POST', outbound('REDIRECT')]], 'UNKNOWN'],
  ['the server was left alone', [['POST', outbound('LEFT_ALONE')]], 'NOT_DONE'],
  ['the address was refused', [['POST', outbound('UNREACHABLE_ADDRESS')]], 'NOT_DONE'],
  ['the connection had to wait', [['POST', new ConnectorError('wait')]], 'NOT_DONE'],
  [
    'the first of two was done',
    [
      ['POST', 201],
      ['POST', 400],
    ],
    'DONE',
  ],
  [
    'the second of two is not known',
    [
      ['POST', 201],
      ['POST', outbound('TIMEOUT')],
    ],
    'UNKNOWN',
  ],
  [
    'the first of two is not known',
    [
      ['POST', 500],
      ['POST', 201],
    ],
    'UNKNOWN',
  ],
])('%s', async (_name, requests, outcome) => {
  expect(await outcomeOf(requests)).toBe(outcome);
});
