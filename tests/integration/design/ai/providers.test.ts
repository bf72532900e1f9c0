/** One contract over the AI providers, each against a local server that speaks its real protocol. */
import { systemClock } from '@flowgrid/platform';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  AiError,
  type AiCallOptions,
  type AiProvider,
  type AiRequest,
  type AiTokens,
} from '../../../../subgraphs/design/src/adapters/ai/ai-provider.ts';
import { createClaude } from '../../../../subgraphs/design/src/adapters/ai/claude.ts';
import { createOpenAi } from '../../../../subgraphs/design/src/adapters/ai/openai.ts';
import type { StreamLimits } from '../../../../subgraphs/design/src/adapters/ai/stream-watch.ts';
import {
  answers,
  answersSlowly,
  cuts,
  fails,
  failsInStream,
  isOverloaded,
  isRateLimited,
  refuses,
  runsOut,
  stalls,
} from '../../../testkit/ai/behaviour.ts';
import type { FakeAiServer } from '../../../testkit/ai/fake-ai-server.ts';
import { startFakeMessagesApi } from '../../../testkit/ai/fake-messages-api.ts';
import { startFakeResponsesApi } from '../../../testkit/ai/fake-responses-api.ts';
import { until } from '../../../testkit/wait.ts';

interface ProviderUnderTest {
  readonly name: string;
  readonly start: () => Promise<FakeAiServer>;
  readonly open: (server: Pick<FakeAiServer, 'url' | 'apiKey'>, limits: StreamLimits) => AiProvider;
}

const PATIENT: StreamLimits = { stallMs: 20_000, totalMs: 30_000 };

const PROVIDERS: readonly ProviderUnderTest[] = [
  {
    name: 'anthropic',
    start: startFakeMessagesApi,
    open: ({ url, apiKey }, limits) =>
      createClaude({
        apiKey,
        baseUrl: url,
        model: 'claude-sonnet-5-5',
        effort: 'low',
        limits,
        clock: systemClock,
      }),
  },
  {
    name: 'openai',
    start: startFakeResponsesApi,
    open: ({ url, apiKey }, limits) =>
      createOpenAi({
        apiKey,
        baseUrl: url,
        model: 'gpt-6.1-sol',
        effort: 'low',
        limits,
        clock: systemClock,
      }),
  },
];

const isCounted = (tokens: unknown): boolean => Number.isInteger(tokens) && Number(tokens) > 0;

const REQUEST: AiRequest = {
  system: 'You read processes.',
  messages: [
    { role: 'user', text: 'A clerk checks the invoice.' },
    { role: 'assistant', text: '{"activities":[]}' },
    { role: 'user', text: 'There is one; name it.' },
  ],
  answer: {
    name: 'report_activities',
    description: 'What was understood.',
    schema: {
      type: 'object',
      properties: {
        activities: {
          type: 'array',
          maxItems: 50,
          items: {
            type: 'object',
            properties: {
              name: { type: 'string', minLength: 1, maxLength: 200 },
              actor: { type: 'string' },
              system: { anyOf: [{ type: 'string' }, { type: 'null' }] },
            },
            required: ['name', 'system'],
            additionalProperties: false,
          },
        },
        remark: { type: 'string' },
      },
      required: ['activities'],
      additionalProperties: false,
    },
  },
  maxOutputTokens: 4_000,
};

const ANSWER = {
  activities: [
    { name: 'check the invoice', system: null },
    { name: 'pay', actor: 'clerk', system: 'SAP' },
  ],
};

describe.each(PROVIDERS)('$name', ({ name: provider, start, open }) => {
  let server: FakeAiServer;
  beforeEach(async () => {
    server = await start();
  });
  afterEach(() => server[Symbol.asyncDispose]());

  const ask = (
    options: Partial<AiCallOptions> = {},
    limits: StreamLimits = PATIENT,
    request: AiRequest = REQUEST,
  ): Promise<unknown> =>
    open(server, limits).answer(request, { signal: new AbortController().signal, ...options });

  const failureOf = async (answer: Promise<unknown>): Promise<AiError> => {
    const error = await answer.then(
      (value) => new Error(`answered ${JSON.stringify(value)}`),
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof AiError)) throw error;
    return error;
  };

  test('figures that are none are made up for by counting texts', async () => {
    // In JSON they are null, as what speaks the same protocol may send them.
    server.script(answers(ANSWER, { inputTokens: Number.NaN, outputTokens: Number.NaN }));

    const answer = await ask();

    expect(answer).toMatchObject({ value: ANSWER });
    expect(answer).toHaveProperty('tokens.inputTokens', expect.toSatisfy(isCounted));
    expect(answer).toHaveProperty('tokens.outputTokens', expect.toSatisfy(isCounted));
  });

  test('a structured answer is given as the model gave it, without what strict schemas add', async () => {
    server.script(answers(ANSWER, { outputTokens: 77 }));
    const texts: string[] = [];

    const answer = await ask({ onText: (json) => texts.push(json) });

    expect(answer).toEqual({
      value: ANSWER,
      model: expect.stringMatching(/^(claude|gpt)-/u),
      tokens: expect.objectContaining({ outputTokens: 77, cachedInputTokens: 0 }),
    });
    expect(server.refused).toEqual([]);
    expect(server.requests).toMatchObject([
      { system: expect.stringContaining(REQUEST.system), effort: 'low', maxOutputTokens: 4_000 },
    ]);
    expect(server.requests[0]?.messages).toEqual(REQUEST.messages);
    expect(texts.length).toBeGreaterThan(1);
    expect(texts.every((text, index) => text.startsWith(texts[index - 1] ?? ''))).toBe(true);
  });

  test('what was written to the cache once is read from it after', async () => {
    server.script(answers(ANSWER), answers(ANSWER));
    const seen: AiTokens[] = [];

    await ask({ onTokens: (tokens) => seen.push(tokens) });
    await ask({ onTokens: (tokens) => seen.push(tokens) });

    const [first, second] = seen;
    expect(first?.cacheWriteTokens).toBeGreaterThan(0);
    expect(second).toMatchObject({ cachedInputTokens: first?.cacheWriteTokens, cacheWriteTokens: 0 });
  });

  test.each([
    ['529', isOverloaded(529), 'OVERLOADED', null],
    ['503', isOverloaded(503), 'OVERLOADED', null],
    ['429 with retry-after', isRateLimited(7), 'RATE_LIMITED', 7_000],
    ['500', fails(500), 'UNREACHABLE', null],
    ['401', fails(401), 'UNAUTHENTICATED', null],
    ['403', fails(403), 'UNAUTHENTICATED', null],
    ['400', fails(400, 'model: unknown'), 'INVALID', null],
    ['413', fails(413), 'TOO_LONG', null],
  ] as const)('%s is told apart, and is one request', async (_status, behaviour, problem, retryAfterMs) => {
    server.script(behaviour);

    const error = await failureOf(ask());

    expect(error).toMatchObject({ provider, problem, retryAfterMs, tokens: null });
    expect(server.requests).toHaveLength(1);
  });

  test.each(['OVERLOADED', 'RATE_LIMITED'] as const)(
    'an error event (%s) in a stream of status 200 is the same error',
    async (problem) => {
      server.script(failsInStream(problem));

      const error = await failureOf(ask());

      expect(error).toMatchObject({ provider, problem });
      expect(error.tokens?.inputTokens).toBeGreaterThan(0);
    },
  );

  test.each([
    ['a connection that is cut', cuts(ANSWER)],
    ['a stream that ends too early', { does: 'END_EARLY', value: ANSWER } as const],
  ])('%s is no answer, and what arrived is counted', async (_what, behaviour) => {
    server.script(behaviour);
    const used: AiTokens[] = [];

    const error = await failureOf(ask({ onTokens: (tokens) => used.push(tokens) }));

    expect(error.problem).toBe('CUT');
    expect(used).toEqual([error.tokens]);
    expect(error.tokens?.outputTokens).toBeGreaterThan(1);
  });

  test('a stream on which nothing comes any more is closed after the limit', async () => {
    server.script(stalls(ANSWER));

    const error = await failureOf(ask({}, { stallMs: 60, totalMs: 30_000 }));

    expect(error.problem).toBe('STALLED');
    await until('the server sees the end', () => server.requests[0]?.state === 'CLOSED');
  });

  test('a server that takes the request and never answers is given up after the limit', async () => {
    server.script({ does: 'HANG' });

    const error = await failureOf(ask({}, { stallMs: 60, totalMs: 30_000 }));

    expect(error).toMatchObject({ problem: 'STALLED', tokens: null });
    await until('the server sees the end', () => server.requests[0]?.state === 'CLOSED');
  });

  test('an answer that is not finished in time is given up', async () => {
    server.script(answersSlowly(ANSWER, new Promise(() => {})));

    const error = await failureOf(ask({}, { stallMs: 30_000, totalMs: 80 }));

    expect(error.problem).toBe('STALLED');
    await until('the server sees the end', () => server.requests[0]?.state === 'CLOSED');
  });

  test('giving up closes the connection and throws the reason', async () => {
    server.script(answersSlowly(ANSWER, new Promise(() => {})));
    const controller = new AbortController();
    const reason = new Error('cancelled by a person');
    const used: AiTokens[] = [];

    const answer = ask({
      signal: controller.signal,
      onText: () => controller.abort(reason),
      onTokens: (tokens) => used.push(tokens),
    });

    await expect(answer).rejects.toBe(reason);
    await until('the server sees the end', () => server.requests[0]?.state === 'CLOSED');
    expect(used).toHaveLength(1);
  });

  test('what was given up before is not asked', async () => {
    const reason = new Error('cancelled');

    await expect(ask({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.requests).toEqual([]);
  });

  test.each([
    ['a refusal', refuses('It is against the policy.'), 'REFUSED', /against the policy/u],
    ['an answer that ran out of tokens', runsOut(ANSWER), 'TOO_LONG', /too long/u],
    [
      'text that is not JSON',
      { does: 'ANSWER_TEXT', text: '{"activities": [' } as const,
      'MALFORMED',
      /not JSON/u,
    ],
    ['prose', { does: 'TALK', text: 'Let me think about it.' } as const, 'MALFORMED', /words|JSON/u],
  ])('%s is what the model made of it', async (_what, behaviour, problem, message) => {
    server.script(behaviour);

    const error = await failureOf(ask());

    expect(error).toMatchObject({ problem, message: expect.stringMatching(message) });
    expect(error.tokens?.outputTokens).toBeGreaterThan(0);
  });

  test('nobody who listens is unreachable', async () => {
    const { url, apiKey } = server;
    await server[Symbol.asyncDispose]();

    const error = await failureOf(
      open({ url, apiKey }, PATIENT).answer(REQUEST, { signal: new AbortController().signal }),
    );

    expect(error).toMatchObject({ problem: 'UNREACHABLE', tokens: null });
    server = await start();
  });

  test('a schema beyond strict mode is sent as it is', async () => {
    server.script(answers({ anything: { at: 'all' } }));
    const schema = { type: 'object', additionalProperties: true };
    const request = { ...REQUEST, answer: { ...REQUEST.answer, schema } };

    const answer = await ask({}, PATIENT, request);

    expect(answer).toMatchObject({ value: { anything: { at: 'all' } } });
    expect(server.refused).toEqual([]);
    expect(JSON.stringify(server.requests[0]?.body)).not.toContain('"strict":true');
  });

  // Attack: keys are what logs and error trackers are searched for.
  test('neither key, nor prompt, nor answer is in an error', async () => {
    const secret = 'sk-ant-api03-thisIsTheKeyOfTheTest0123456789';
    const keyed = open({ url: server.url, apiKey: secret }, PATIENT);
    server.script(fails(400, `bad key ${server.apiKey} ${secret}`), cuts({ text: 'the answer' }));

    const errors = [
      await failureOf(keyed.answer(REQUEST, { signal: new AbortController().signal })),
      await failureOf(ask()),
      await failureOf(ask()),
    ];

    const shown = errors.map(
      (error) => `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`,
    );
    expect(errors.map(({ problem }) => problem)).toEqual(['UNAUTHENTICATED', 'INVALID', 'CUT']);
    for (const text of shown) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain('clerk');
      expect(text).not.toContain('the answer');
    }
  });
});

describe('anthropic by model', () => {
  const open = (server: FakeAiServer, model: string): AiProvider =>
    createClaude({
      apiKey: server.apiKey,
      baseUrl: server.url,
      model,
      effort: null,
      limits: PATIENT,
      clock: systemClock,
    });

  test.each([
    ['claude-haiku-4-5', { type: 'tool', name: 'report_activities', disable_parallel_tool_use: true }],
    ['claude-opus-5-5', { type: 'auto', disable_parallel_tool_use: true }],
    ['claude-fable-5-1', { type: 'auto', disable_parallel_tool_use: true }],
  ])('%s is made to use the tool as it allows', async (model, choice) => {
    await using server = await startFakeMessagesApi({ respond: () => answers(ANSWER) });

    const { value } = await open(server, model).answer(REQUEST, { signal: new AbortController().signal });

    expect(value).toEqual(ANSWER);
    expect(server.requests[0]?.body).toMatchObject({
      tool_choice: choice,
      system: [{ cache_control: { type: 'ephemeral' } }],
      tools: [{ strict: true, cache_control: { type: 'ephemeral' } }],
    });
  });

  test('a grammar that the provider cannot make is asked for once', async () => {
    await using server = await startFakeMessagesApi({ respond: () => answers(ANSWER) });
    const provider = open(server, 'claude-sonnet-5-5');
    const signal = new AbortController().signal;
    server.script(fails(400, 'Schema is too complex for compilation.'));

    await provider.answer(REQUEST, { signal });
    await provider.answer(REQUEST, { signal });

    const isStrict = server.requests.map(({ body }) => JSON.stringify(body).includes('"strict":true'));
    expect(isStrict).toEqual([true, false, false]);
  });
});
