/** The ways through the process as one agent goes them: with samples, for its tests and its evals. */
import type { JsonValue } from '../definition/agent-definition.ts';
import { oneLine } from '../definition/plain-text.ts';
import type { ProposalTestCase } from '../proposal/proposal.ts';
import type { BundleAgent } from './bundle-agent.ts';
import { toSample } from './sample-data.ts';
import { inputSample } from './tool-tests.ts';

export interface CaseStep {
  readonly tool: string;
  readonly input: JsonValue;
  readonly output: JsonValue;
}

export interface AgentCase {
  readonly id: string;
  readonly name: string;
  readonly given: readonly string[];
  readonly input: string;
  readonly steps: readonly CaseStep[];
  readonly approvals: readonly string[];
  readonly outcome: string;
}

/** The first agent goes every way; another one only those on which it has something to do. */
export function casesOf(
  member: BundleAgent,
  team: readonly BundleAgent[],
  testCases: readonly ProposalTestCase[],
): readonly AgentCase[] {
  return testCases.flatMap((testCase) => {
    const steps = stepsOf(member, team, testCase);
    const isFirst = team[0] === member;
    if (!isFirst && !steps.some(({ tool }) => member.tools.some(({ name }) => name === tool))) return [];
    const approvals = member.tools.filter(
      ({ name, tool }) => tool.requiresApproval && steps.some((step) => step.tool === name),
    );
    const inOrder = steps.flatMap((step) => approvals.filter(({ name }) => name === step.tool));
    return [
      {
        id: line(testCase.id, 'case'),
        name: line(testCase.name, 'A way through the process'),
        given: testCase.given.map((condition) => line(condition, 'as usual')),
        input: line(testCase.input, 'Do the work.'),
        steps,
        approvals: [...new Set(inOrder.map(({ name }) => name))],
        outcome: line(testCase.expect.outcome, 'Done.'),
      },
    ];
  });
}

/** Work of another agent is, for this one, to hand it over; once for what follows each other. */
function stepsOf(
  member: BundleAgent,
  team: readonly BundleAgent[],
  { expect, input }: ProposalTestCase,
): readonly CaseStep[] {
  const steps: CaseStep[] = [];
  for (const toolName of expect.toolNames) {
    const own = member.tools.find(({ tool }) => tool.name === toolName);
    const sample = own === undefined ? null : inputSample(own);
    if (own !== undefined && sample !== null) {
      steps.push({ tool: own.name, input: sample, output: outputSample(own.tool.outputSchema) });
    }
    if (own !== undefined) continue;
    const owner = team.find(({ tools }) => tools.some(({ tool }) => tool.name === toolName));
    const handOff = member.handOffs.find(({ folder }) => folder === owner?.folder);
    if (handOff === undefined || steps.at(-1)?.tool === handOff.name) continue;
    steps.push({
      tool: handOff.name,
      input: { task: line(input, 'Do the work.') },
      output: { answer: 'Done.' },
    });
  }
  return steps;
}

function outputSample(schema: JsonValue): JsonValue {
  return schema === null ? 'Done.' : (toSample(schema) ?? 'Done.');
}

function line(text: string, fallback: string): string {
  return oneLine(text, 2_000) || fallback;
}
