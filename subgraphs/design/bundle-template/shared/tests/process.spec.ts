/** One test per way through the process: the model wants what the case expects, and the agent lets it, or does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCases, rehearse } from '../evals/cases.ts';
import type { ProcessCase } from '../evals/cases.ts';
import { runAgent } from '../src/agent.ts';
import type { AgentAnswer } from '../src/agent-task.ts';
import { tools } from '../src/tools/index.ts';
import { startFakeModel } from './support/model-server.ts';
import type { Turn } from './support/model-server.ts';

async function go(processCase: ProcessCase, isApproved: boolean): Promise<AgentAnswer & { asked: string[] }> {
  const asked: string[] = [];
  const turns: readonly Turn[] = [
    ...processCase.steps.map(({ tool, input }): Turn => ({ kind: 'TOOL', name: tool, input })),
    { kind: 'TEXT', text: processCase.outcome },
  ];
  await using _model = await startFakeModel(turns);
  const answer = await runAgent({
    prompt: processCase.input,
    tools: rehearse(tools, processCase),
    approve: async (name) => {
      asked.push(name);
      return await Promise.resolve(isApproved);
    },
  });
  return { ...answer, asked };
}

for (const processCase of await readCases()) {
  const { id, name, steps, approvals, outcome } = processCase;

  test(`${id}: ${name}`, async () => {
    const { text, toolCalls, asked } = await go(processCase, true);

    assert.equal(text, outcome);
    assert.deepEqual(
      toolCalls.map((call) => [call.name, call.outcome]),
      steps.map(({ tool }) => [tool, 'DONE']),
    );
    assert.deepEqual([...new Set(asked)], approvals);
  });

  if (approvals.length > 0) {
    test(`${id}: nothing that needs approval is done without it`, async () => {
      const { toolCalls } = await go(processCase, false);

      const done = toolCalls.filter((call) => call.outcome === 'DONE').map((call) => call.name);
      assert.deepEqual(
        done.filter((tool) => approvals.includes(tool)),
        [],
      );
    });
  }
}
