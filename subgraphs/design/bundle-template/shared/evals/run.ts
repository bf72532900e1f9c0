/** Asks the real model to go each way of the process, with tools that answer with samples: npm run eval. Costs money. */
import { runAgent } from '../src/agent.ts';
import { tools } from '../src/tools/index.ts';
import { readCases, rehearse } from './cases.ts';
import type { ProcessCase } from './cases.ts';

const MIN_PASS_RATE = 0.8;
const TIMEOUT_MS = 300_000;

interface Score {
  readonly id: string;
  readonly isPassed: boolean;
  readonly detail: string;
}

/** Passed when the expected tools were called in their order and no approval was asked for another one. */
async function evaluate(processCase: ProcessCase): Promise<Score> {
  const { id, input, steps, given, approvals } = processCase;
  const asked: string[] = [];
  try {
    const answer = await runAgent({
      prompt: [input, ...given.map((condition) => `On this occasion: ${condition}.`)].join('\n'),
      tools: rehearse(tools, processCase),
      approve: async (name) => {
        asked.push(name);
        return await Promise.resolve(true);
      },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const called = answer.toolCalls.map(({ name }) => name);
    const unexpected = asked.filter((name) => !approvals.includes(name));
    const isPassed =
      isInOrder(
        steps.map(({ tool }) => tool),
        called,
      ) && unexpected.length === 0;
    return { id, isPassed, detail: `called ${called.join(', ') || 'nothing'}; said: ${answer.text}` };
  } catch (error) {
    return { id, isPassed: false, detail: String(error) };
  }
}

function isInOrder(expected: readonly string[], called: readonly string[]): boolean {
  let from = 0;
  return expected.every((name) => {
    const found = called.indexOf(name, from);
    from = found + 1;
    return found >= 0;
  });
}

const cases = await readCases();
let passed = 0;
for (const processCase of cases) {
  const { id, isPassed, detail } = await evaluate(processCase);
  if (isPassed) passed += 1;
  process.stdout.write(
    `${isPassed ? 'passed' : 'FAILED'} ${id}: ${detail.replace(/\s+/g, ' ').slice(0, 300)}\n`,
  );
}
process.stdout.write(`${passed} of ${cases.length} passed\n`);
process.exitCode = cases.length > 0 && passed / cases.length >= MIN_PASS_RATE ? 0 : 1;
