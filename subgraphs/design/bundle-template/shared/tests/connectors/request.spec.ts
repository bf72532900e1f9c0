/** What every connector does when the other side is busy, refuses or is not configured. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { z } from 'zod';
import { ConnectorError, requestJson } from '../../src/connectors/request.ts';
import { closeServer, listen } from '../support/model-server.ts';

async function ask(statuses: readonly number[]): Promise<{ answer: unknown; asked: number }> {
  let asked = 0;
  const server = createServer((_, response) => {
    const status = statuses[asked] ?? 200;
    asked += 1;
    response.writeHead(status, { 'retry-after': '0', location: 'http://localhost:1/' });
    response.end(JSON.stringify({ status }));
  });
  const url = await listen(server);
  const signal = AbortSignal.timeout(10_000);
  try {
    const answer = await requestJson({
      system: 'Other',
      method: 'POST',
      url,
      headers: {},
      body: {},
      signal,
      answer: z.unknown(),
    }).catch((error: unknown) => error);
    return { answer, asked };
  } finally {
    await closeServer(server);
  }
}

test('a busy system is asked again', async () => {
  assert.deepEqual(await ask([429, 503]), { answer: { status: 200 }, asked: 3 });
});

test('a system that stays busy is given up', async () => {
  const { answer, asked } = await ask([503, 503, 503]);

  assert.ok(answer instanceof ConnectorError);
  assert.deepEqual([answer.status, asked], [503, 3]);
});

test('a failure is not tried again: the thing may have been done', async () => {
  const { answer, asked } = await ask([500]);

  assert.ok(answer instanceof ConnectorError);
  assert.deepEqual([answer.status, asked], [500, 1]);
});

test('credentials do not follow a redirect', async () => {
  const { answer, asked } = await ask([302]);

  assert.ok(answer instanceof TypeError);
  assert.equal(asked, 1);
});
