/** The agent's loop, against a scripted model that speaks the real protocol. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runAgent } from '../src/agent.ts';
import { AgentError } from '../src/agent-task.ts';
import { MAX_TURNS } from '../src/config.ts';
import { readInstructions } from '../src/prompt.ts';
import { startFakeModel } from './support/model-server.ts';
import { no, sampleTool, yes } from './support/sample-tool.ts';

const CALL = { kind: 'TOOL', name: 'sample_tool', input: { value: 'seven' } } as const;
const DONE = { kind: 'TEXT', text: 'All is done.' } as const;

test('the agent calls a tool, reads its answer and says what came of it', async () => {
  await using model = await startFakeModel([CALL, DONE]);

  const answer = await runAgent({ prompt: 'Say seven.', tools: [sampleTool()], approve: no });

  assert.deepEqual(answer, {
    text: 'All is done.',
    toolCalls: [{ name: 'sample_tool', input: { value: 'seven' }, outcome: 'DONE' }],
  });
  assert.match(model.requests.at(-1) ?? '', /said.{1,6}seven/);
});

test('the model is given the instructions, the task and the tools, and no other tool', async () => {
  await using model = await startFakeModel([DONE]);

  await runAgent({ prompt: 'A task of its own.', tools: [sampleTool()], approve: no });

  const [request = ''] = model.requests;
  const firstLine = (await readInstructions()).trim().split('\n')[0] ?? '';
  assert.ok(
    request.includes(JSON.stringify(firstLine).slice(1, -1)),
    'the instructions are not in the request',
  );
  assert.match(request, /A task of its own\./);
  assert.match(request, /sample_tool/);
  assert.doesNotMatch(request, /"name":"(?:Bash|Read|Edit|Write|Task|WebFetch|WebSearch)"/);
});

test('a task that names files and commands is read as text', async () => {
  await using model = await startFakeModel([DONE]);

  const answer = await runAgent({ prompt: '/help @package.json', tools: [], approve: no });

  assert.equal(answer.text, 'All is done.');
  assert.match(model.requests[0] ?? '', /\/help @package\.json/);
  assert.doesNotMatch(model.requests[0] ?? '', /devDependencies/);
});

test('a tool that needs approval runs when a person agrees', async () => {
  await using _model = await startFakeModel([CALL, DONE]);

  const answer = await runAgent({
    prompt: 'Say seven.',
    tools: [sampleTool({ requiresApproval: true })],
    approve: yes,
  });

  assert.deepEqual(answer.toolCalls, [{ name: 'sample_tool', input: { value: 'seven' }, outcome: 'DONE' }]);
});

test('a tool that a person refuses does not run, and the model is told so', async () => {
  let runs = 0;
  const tool = sampleTool({
    requiresApproval: true,
    execute: async ({ value }) => {
      runs += 1;
      return await Promise.resolve({ said: value });
    },
  });
  await using model = await startFakeModel([CALL, DONE]);

  const answer = await runAgent({ prompt: 'Say seven.', tools: [tool], approve: no });

  assert.deepEqual(answer.toolCalls, [
    { name: 'sample_tool', input: { value: 'seven' }, outcome: 'REFUSED' },
  ]);
  assert.equal(runs, 0);
  assert.match(model.requests.at(-1) ?? '', /A person refused/);
});

test('a tool that fails is an answer to the model, not the end of the task', async () => {
  const tool = sampleTool({
    execute: async () => await Promise.reject(new Error('The printer is on fire.')),
  });
  await using model = await startFakeModel([CALL, DONE]);

  const answer = await runAgent({ prompt: 'Say seven.', tools: [tool], approve: no });

  assert.equal(answer.text, 'All is done.');
  assert.match(model.requests.at(-1) ?? '', /The printer is on fire\./);
});

test('an agent that does not come to an end is stopped after its turns', async () => {
  await using model = await startFakeModel([CALL]);

  const run = runAgent({ prompt: 'Say seven.', tools: [sampleTool()], approve: no });

  await assert.rejects(run, (error) => error instanceof AgentError && error.code === 'MAX_TURNS');
  assert.ok(model.requests.length <= MAX_TURNS);
});

test('a task that is stopped ends at once, also while the model thinks', async () => {
  const abort = new AbortController();
  await using model = await startFakeModel([{ kind: 'HANG' }]);

  const run = runAgent({ prompt: 'Wait.', tools: [], approve: no, signal: abort.signal });
  void model.asked.then(() => {
    abort.abort(new Error('Enough.'));
  });

  await assert.rejects(run, (error) => error instanceof AgentError && error.code === 'ABORTED');
});

test('a model that refuses the request ends the task with an error', async () => {
  await using _model = await startFakeModel([{ kind: 'FAIL', status: 400 }]);

  const run = runAgent({ prompt: 'Say seven.', tools: [], approve: no });

  await assert.rejects(run, (error) => error instanceof AgentError && error.code === 'MODEL_FAILED');
});
