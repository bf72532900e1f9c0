/** Handing work to another agent. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { defineHandOff } from '../src/hand-off.ts';
import { ToolRunner } from '../src/run-tools.ts';
import { closeServer, listen, setEnv } from './support/model-server.ts';
import { no } from './support/sample-tool.ts';

const handOff = defineHandOff({ name: 'hand_off', description: 'To another.', envPrefix: 'OTHER' });

test('the other agent is given the task by A2A, and its answer comes back', async () => {
  const seen: unknown[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      seen.push(
        request.url,
        request.headers.authorization,
        request.headers['x-hand-off-depth'],
        /Pay it\./.test(body),
      );
      response.end(JSON.stringify({ message: { parts: [{ text: 'Paid.' }] } }));
    });
  });
  const restore = setEnv({ OTHER_AGENT_URL: await listen(server), OTHER_AGENT_TOKEN: 'a token' });
  const runner = new ToolRunner({ tools: [handOff], approve: no, handOffDepth: 1 });

  const result = await runner.run('hand_off', { task: 'Pay it.' });

  assert.deepEqual(result, { isError: false, text: '{"answer":"Paid."}' });
  assert.deepEqual(seen, ['/message:send', 'Bearer a token', '2', true]);
  restore();
  await closeServer(server);
});

test('an agent whose address is not known is named', async () => {
  const runner = new ToolRunner({ tools: [handOff], approve: no });

  const result = await runner.run('hand_off', { task: 'Pay it.' });

  assert.equal(result.isError, true);
  assert.match(result.text, /OTHER_AGENT_URL is not set/);
});
