import { invariant } from '@flowgrid/platform';
import { describe, expect, test } from 'vitest';
import { AiRefusal } from '../adapters/ai/ai-client.ts';
import { AiError } from '../adapters/ai/ai-provider.ts';
import type { AiProblem, AiProviderName } from '../adapters/ai/ai-provider.ts';
import { toClaudeSchema } from '../adapters/ai/claude-schema.ts';
import { toOpenAiSchema } from '../adapters/ai/openai-schema.ts';
import { createDesignEngine } from './create-design-engine.ts';
import { EngineError } from './engine.ts';
import type { AnalysisResult, DesignEngine, EngineChoice, Found } from './engine.ts';
import { ONBOARDING_DESIGN } from './testkit/design-answers.ts';
import { ONBOARDING } from './testkit/examples.ts';
import { analysisRequest, blindAnalyzer, designRequest, inlineAnalyzer } from './testkit/requests.ts';
import { createScriptedAi } from './testkit/scripted-ai.ts';
import type { ScriptedAi, ScriptedAnswer } from './testkit/scripted-ai.ts';

const READ: ScriptedAnswer = { value: ONBOARDING.answer };
const SOURCE = { sourceText: ONBOARDING.text };

interface Setup {
  readonly engine: DesignEngine;
  readonly ai: ScriptedAi;
}

function setUp(
  script: readonly ScriptedAnswer[],
  {
    providers,
    setting = 'AUTO',
  }: { readonly providers?: readonly AiProviderName[]; readonly setting?: EngineChoice } = {},
): Setup {
  const ai = createScriptedAi(script, providers);
  const settings = { engineOf: async (): Promise<EngineChoice> => setting };
  return { ai, engine: createDesignEngine({ analyzer: inlineAnalyzer, ai, settings }) };
}

const failure = (problem: AiProblem): ScriptedAnswer => ({
  error: new AiError({ provider: 'anthropic', problem, message: `It is ${problem}.` }),
});

async function refusal(work: Promise<unknown>): Promise<EngineError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  invariant(error instanceof EngineError, `an EngineError was expected, not ${String(error)}`);
  return error;
}

describe('the engine', () => {
  test.each<[string, EngineChoice, EngineChoice, readonly AiProviderName[], string]>([
    ['without any key rules work', 'AUTO', 'AUTO', [], 'LOCAL'],
    ['the preferred provider with a key works', 'AUTO', 'AUTO', ['openai', 'anthropic'], 'OPENAI'],
    ['the setting of the tenant comes before it', 'AUTO', 'CLAUDE', ['openai', 'anthropic'], 'CLAUDE'],
    ['a tenant may want no AI at all', 'AUTO', 'LOCAL', ['anthropic'], 'LOCAL'],
    ['the caller comes before the tenant', 'OPENAI', 'LOCAL', ['anthropic', 'openai'], 'OPENAI'],
  ])('%s', async (_, choice, setting, providers, expected) => {
    const { engine } = setUp([READ], { providers, setting });

    const result = await engine.analyze(analysisRequest({ ...SOURCE, engine: choice }));

    expect([result.engine, result.fallback]).toEqual([expected, null]);
  });

  test.each<[EngineChoice, EngineChoice]>([
    ['CLAUDE', 'AUTO'],
    ['AUTO', 'CLAUDE'],
  ])(
    'asked for %s with the setting %s and without its key, it says how to mend that',
    async (choice, setting) => {
      const { engine } = setUp([], { providers: ['openai'], setting });

      const error = await refusal(engine.analyze(analysisRequest({ ...SOURCE, engine: choice })));

      expect([error.code, error.isRetryable]).toEqual(['NOT_CONFIGURED', true]);
      expect(error.message).toMatch(/Choose LOCAL or AUTO, or have the operator set ANTHROPIC_API_KEY/);
    },
  );
});

describe('a provider that is down', () => {
  test.each<AiProblem>(['OVERLOADED', 'RATE_LIMITED', 'UNREACHABLE', 'STALLED', 'CUT'])(
    '%s lets rules do the work, and says so',
    async (problem) => {
      const { engine } = setUp([failure(problem)]);

      const result = await engine.analyze(analysisRequest(SOURCE));

      expect(result.engine).toBe('LOCAL');
      expect(result.fallback).toMatch(/^CLAUDE .* Flowgrid's own rules did the work\.$/);
      expect(result.processModel.activities.length).toBeGreaterThan(3);
    },
  );

  test.each<[AiProblem, string, boolean]>([
    ['REFUSED', 'ANSWER_REFUSED', false],
    ['TOO_LONG', 'TOO_LONG', false],
    ['UNAUTHENTICATED', 'NOT_CONFIGURED', true],
    ['INVALID', 'NOT_CONFIGURED', true],
  ])('is not what %s means: that fails with %s', async (problem, code, isRetryable) => {
    const { engine } = setUp([failure(problem)]);

    const error = await refusal(engine.analyze(analysisRequest(SOURCE)));

    expect([error.code, error.isRetryable]).toEqual([code, isRetryable]);
  });

  test('is not what a spent budget means', async () => {
    const { engine } = setUp([{ error: new AiRefusal('BUDGET_EXCEEDED', 'The budget of 20 USD is spent.') }]);

    const error = await refusal(engine.analyze(analysisRequest(SOURCE)));

    expect([error.code, error.message]).toEqual(['BUDGET_EXCEEDED', 'The budget of 20 USD is spent.']);
  });

  test('is not waited for when the work was given up', async () => {
    const { engine } = setUp([failure('OVERLOADED')]);
    const reason = new Error('given up');

    const work = engine.analyze(analysisRequest({ ...SOURCE, signal: AbortSignal.abort(reason) }));

    await expect(work).rejects.toBe(reason);
  });
});

describe('an answer that cannot be used', () => {
  const broken = { value: { activities: 'all of them' } };

  test('is asked for once more, with what is wrong with it', async () => {
    const { engine, ai } = setUp([broken, READ]);

    const result = await engine.analyze(analysisRequest(SOURCE));

    const messages = ai.asked[1]?.request.messages ?? [];
    expect(result.processModel.activities).toHaveLength(7);
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(messages[1]?.text).toBe('{"activities":"all of them"}');
    expect(messages[2]?.text).toMatch(/<problems>\n- actors: [^]*- activities: [^]*<\/problems>/);
  });

  test('fails clearly the second time', async () => {
    const { engine, ai } = setUp([broken, broken, READ]);

    const error = await refusal(engine.analyze(analysisRequest(SOURCE)));

    expect([error.code, error.isRetryable, ai.asked.length]).toEqual(['ANSWER_INVALID', true, 2]);
    expect(error.message).toContain('also after it was asked to mend it: actors:');
  });

  test('is asked for anew when it was no JSON', async () => {
    const { engine, ai } = setUp([failure('MALFORMED'), READ]);

    await engine.analyze(analysisRequest(SOURCE));

    expect(ai.asked[1]?.request.messages.map(({ role }) => role)).toEqual(['user']);
    expect(ai.asked[1]?.request.messages[0]?.text).toContain('The answer was no complete JSON.');
  });

  test('with dangling references is mended, or used without them', async () => {
    const dangling = {
      value: {
        ...ONBOARDING.answer,
        flows: [...ONBOARDING.answer.flows, { from: 'x', to: 'y', condition: '' }],
      },
    };

    const mended = setUp([dangling, READ]);
    const kept = setUp([dangling, dangling]);
    const results = await Promise.all([
      mended.engine.analyze(analysisRequest(SOURCE)),
      kept.engine.analyze(analysisRequest(SOURCE)),
    ]);

    expect(results.map(({ processModel }) => processModel.flows.length)).toEqual([12, 12]);
    expect([mended.ai.asked.length, kept.ai.asked.length]).toEqual([2, 2]);
  });

  test('that was usable is not lost when the provider goes away during the repair', async () => {
    const dangling = {
      value: {
        ...ONBOARDING.answer,
        flows: [...ONBOARDING.answer.flows, { from: 'x', to: 'y', condition: '' }],
      },
    };
    const { engine } = setUp([dangling, failure('OVERLOADED')]);

    const result = await engine.analyze(analysisRequest(SOURCE));

    expect([result.engine, result.fallback]).toEqual(['CLAUDE', null]);
  });

  test('of more than 600,000 characters is refused unread', async () => {
    const flood = { value: { ...ONBOARDING.answer, answer: 'x'.repeat(700_000) } };
    const { engine } = setUp([flood, flood]);

    const error = await refusal(engine.analyze(analysisRequest(SOURCE)));

    expect(error.message).toContain('at most 600000 are read');
  });
});

describe('the work of an AI model', () => {
  async function analyzed(engine: DesignEngine): Promise<AnalysisResult> {
    return engine.analyze(analysisRequest(SOURCE));
  }

  test('is a proposal with its agents, and with what rules add to it', async () => {
    const { engine } = setUp([READ, { value: ONBOARDING_DESIGN }]);
    const { processModel } = await analyzed(engine);

    const result = await engine.design(designRequest({ ...SOURCE, processModel }));

    const { agents, approvals, testCases } = result.proposal;
    expect([result.engine, result.model, result.rejections]).toEqual(['CLAUDE', 'claude-test', []]);
    expect(
      agents.map(({ key, name, handsOffTo, definition }) => [
        key,
        name,
        handsOffTo,
        definition.tools.map((tool) => [tool.name, tool.integrationKind, tool.requiresApproval]),
      ]),
    ).toEqual([
      [
        'hr',
        'Onboarding desk',
        ['it'],
        [
          ['open_ticket', 'SERVICENOW', false],
          ['close_ticket', 'SERVICENOW', false],
        ],
      ],
      [
        'it',
        'Account maker',
        ['hr'],
        [
          ['create_accounts', 'JIRA', true],
          ['servicenow_update_ticket', 'SERVICENOW', false],
        ],
      ],
    ]);
    expect(approvals.map(({ reason }) => reason)).toEqual([
      '«Create accounts» waits for a person. Accounts give access.',
    ]);
    expect(testCases.map(({ id, name }) => [id, name])).toEqual([
      ['case-1', 'an account is missing'],
      ['case-2', 'it is not so that an account is missing'],
      ['case-3', 'The name of the employee is missing'],
    ]);
    expect(result.proposal.automation.map(({ performer, agentKey }) => `${performer} ${agentKey}`)).toEqual([
      'HUMAN hr',
      'AGENT hr',
      'AGENT it',
      'HUMAN hr',
      'AGENT it',
      'AGENT hr',
      'HUMAN hr',
    ]);
  });

  test('has instructions that end with what rules say, and rules that the process has', async () => {
    const { engine } = setUp([READ, { value: ONBOARDING_DESIGN }]);
    const { processModel } = await analyzed(engine);

    const { proposal } = await engine.design(designRequest({ ...SOURCE, processModel }));

    const definition = proposal.agents[0]?.definition;
    expect(definition?.instructions).toMatch(
      /^# Onboarding desk\n\nYou help new colleagues[^]*## Tools\n\n- `open_ticket`[^]*## Rules[^]*Never share passwords by email[^]*## What you read/,
    );
    expect(definition?.guardrails.map(({ kind, description }) => `${kind} ${description}`)).toEqual([
      'PROHIBITION Never share passwords by email.',
      'OBLIGATION Greet people by their name.',
    ]);
    expect(definition?.tools[0]?.inputSchema).toEqual({
      type: 'object',
      properties: {
        ticket_number: { type: 'string', minLength: 1, description: 'The number of the ticket' },
      },
      required: ['ticket_number'],
      additionalProperties: false,
    });
  });

  test('is told of while it comes, without what has no place in the text', async () => {
    const invented = { key: 'z', name: 'Zorro', kind: 'PERSON' as const, quote: 'the masked Zorro' };
    const answer = { ...ONBOARDING.answer, actors: [invented, ...ONBOARDING.answer.actors] };
    const { engine } = setUp([{ value: answer }]);
    const told: (readonly Found[])[] = [];

    await engine.analyze(analysisRequest({ ...SOURCE, onFound: (found) => told.push(found) }));

    const early = told.slice(0, -1).flat();
    expect(early.slice(0, 3)).toEqual([
      { kind: 'ACTOR', name: 'new employee' },
      { kind: 'ACTOR', name: 'HR assistant' },
      { kind: 'ACTOR', name: 'IT technician' },
    ]);
    expect(told.length).toBeGreaterThan(2);
    expect(told.flat().map(({ name }) => name)).not.toContain('Zorro');
  });

  test('is asked for in schemas that both providers keep to strictly', async () => {
    const { engine, ai } = setUp([READ, { value: ONBOARDING_DESIGN }]);
    const { processModel } = await analyzed(engine);
    await engine.design(designRequest({ ...SOURCE, processModel }));

    const schemas = ai.asked.map(({ request }) => request.answer.schema);

    expect(schemas).toHaveLength(2);
    for (const schema of schemas) {
      expect(toClaudeSchema(schema)).not.toBeNull();
      expect(toOpenAiSchema(schema)).not.toBeNull();
    }
  });

  test('has the same system prompt and schema whatever the text is, so that providers keep them', async () => {
    const other = 'The clerk checks the form.';
    const { engine, ai } = setUp([READ, failure('REFUSED')]);

    await analyzed(engine);
    await engine.analyze(analysisRequest({ sourceText: other })).catch(() => undefined);

    const [first, second] = ai.asked.map(({ request }) => ({
      system: request.system,
      answer: request.answer,
    }));
    expect(second).toEqual(first);
  });

  test('works without what rules read, when they cannot', async () => {
    const ai = createScriptedAi([READ]);
    const settings = { engineOf: async (): Promise<EngineChoice> => 'AUTO' };
    const engine = createDesignEngine({ analyzer: blindAnalyzer, ai, settings });

    expect((await analyzed(engine)).processModel.activities).toHaveLength(7);
  });
});

describe('a refinement by an AI model', () => {
  test('gets what is there, what was asked before, and the message as data', async () => {
    const { engine, ai } = setUp([
      READ,
      { value: ONBOARDING_DESIGN },
      { value: { ...ONBOARDING_DESIGN, answer: 'Be kind: done.' } },
      { value: ONBOARDING_DESIGN },
    ]);
    const { processModel } = await engine.analyze(analysisRequest(SOURCE));
    const first = await engine.design(designRequest({ ...SOURCE, processModel }));

    const second = await engine.design(
      designRequest({
        ...SOURCE,
        processModel,
        previous: { proposal: first.proposal, message: 'Make it more kind' },
      }),
    );
    const third = await engine.design(
      designRequest({
        ...SOURCE,
        processModel,
        previous: { proposal: second.proposal, message: 'Rename the agent to Helper' },
      }),
    );

    const text = ai.asked[3]?.request.messages[0]?.text ?? '';
    expect(second.answer).toBe('Be kind: done.');
    expect(text).toContain('<earlier_wishes>\n["Make it more kind"]\n</earlier_wishes>');
    expect(text).toContain('<person_asks>\nRename the agent to Helper\n</person_asks>');
    expect(third.proposal.adjustments).toEqual([
      { kind: 'NEED', text: 'Make it more kind' },
      { kind: 'NAME', agentKey: 'hr', name: 'Helper' },
    ]);
    // The answer still calls it otherwise: what the person asked for exactly is kept to exactly.
    expect(third.proposal.agents[0]?.name).toBe('Helper');
  });

  test('that is about the agents only does not pay for another analysis', async () => {
    const { engine, ai } = setUp([READ]);
    const { processModel } = await engine.analyze(analysisRequest(SOURCE));

    const result = await engine.analyze(
      analysisRequest({
        ...SOURCE,
        previous: { model: processModel, message: 'Answer in German. Rename the agent to Helper.' },
      }),
    );

    expect(result.processModel).toBe(processModel);
    expect(ai.asked).toHaveLength(1);
  });

  test('that rules must take over says what they cannot keep to', async () => {
    const { engine } = setUp([
      READ,
      { value: ONBOARDING_DESIGN },
      { value: ONBOARDING_DESIGN },
      failure('OVERLOADED'),
    ]);
    const { processModel } = await engine.analyze(analysisRequest(SOURCE));
    const first = await engine.design(designRequest({ ...SOURCE, processModel }));
    const previous = { proposal: first.proposal, message: 'Make it more kind' };
    const second = await engine.design(designRequest({ ...SOURCE, processModel, previous }));

    const third = await engine.design(
      designRequest({ ...SOURCE, processModel, previous: { proposal: second.proposal, message: null } }),
    );

    expect(third.fallback).toMatch(/overloaded/);
    expect(third.proposal.findings.map(({ message }) => message)).toContain(
      "Flowgrid's own rules cannot keep to what an AI model was asked before: “Make it more kind”.",
    );
  });
});
