/** Questions to AI models: tried again with care, redacted, accounted, within the budget, and given up when nobody waits. */
import { createLogger, createMetrics, newId, OutsidePolicies, systemClock } from '@flowgrid/platform';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type {
  AiAccounts,
  AiCallPlan,
  AiCallResult,
} from '../../../../subgraphs/design/src/adapters/ai/ai-accounts.ts';
import {
  AiRefusal,
  type AiClient,
  type AiJob,
  type AiReply,
} from '../../../../subgraphs/design/src/adapters/ai/ai-client.ts';
import { AiError, type AiRequest } from '../../../../subgraphs/design/src/adapters/ai/ai-provider.ts';
import { createClaude } from '../../../../subgraphs/design/src/adapters/ai/claude.ts';
import { createAiClient } from '../../../../subgraphs/design/src/adapters/ai/create-ai-client.ts';
import {
  answers,
  answersSlowly,
  cuts,
  fails,
  isOverloaded,
  isRateLimited,
  refuses,
  type AiBehaviour,
} from '../../../testkit/ai/behaviour.ts';
import type { FakeAiServer } from '../../../testkit/ai/fake-ai-server.ts';
import { startFakeMessagesApi } from '../../../testkit/ai/fake-messages-api.ts';
import { until } from '../../../testkit/wait.ts';

const PRICE = { input: 2, output: 10, cacheRead: 0.2, cacheWrite: 2.5 };
const TOKENS = { inputTokens: 100, cachedInputTokens: 1_000, cacheWriteTokens: 200, outputTokens: 50 };
/** Of TOKENS at PRICE. */
const COST_USD = (100 * 2 + 1_000 * 0.2 + 200 * 2.5 + 50 * 10) / 1_000_000;

/** Accounts that a test can look into. */
class Ledger implements AiAccounts {
  readonly calls: { plan: AiCallPlan; result: AiCallResult | null }[] = [];
  isRedacting = false;
  refusal: AiRefusal | null = null;

  get outcomes(): readonly (string | null)[] {
    return this.calls.map(({ result }) => result?.outcome ?? null);
  }
  isPersonalDataRedacted = async (): Promise<boolean> => this.isRedacting;
  reserve = async (plan: AiCallPlan): Promise<string> => {
    if (this.refusal) throw this.refusal;
    this.calls.push({ plan, result: null });
    return String(this.calls.length - 1);
  };
  settle = async (_tenantId: string, id: string, result: AiCallResult): Promise<void> => {
    const call = this.calls[Number(id)];
    if (call) call.result = result;
  };
}

const LONGEST_WAIT_MS = 2_000;

let server: FakeAiServer;
let ledger: Ledger;
let lines: string[];

beforeEach(async () => {
  server = await startFakeMessagesApi({ respond: () => answers({ done: true }, TOKENS) });
  ledger = new Ledger();
  lines = [];
});
afterEach(() => server[Symbol.asyncDispose]());

function openClient(concurrency = 4): AiClient {
  const logger = createLogger({ name: 'test', level: 'trace', write: (line) => lines.push(line) });
  const metrics = createMetrics('test');
  const provider = createClaude({
    apiKey: server.apiKey,
    baseUrl: server.url,
    model: 'claude-sonnet-5-5',
    effort: null,
    limits: { stallMs: 10_000, totalMs: 20_000 },
    clock: systemClock,
  });
  return createAiClient({
    providers: [{ provider, price: PRICE }],
    accounts: ledger,
    policies: new OutsidePolicies({ logger, metrics }),
    logger,
    metrics,
    concurrency,
    requestMs: 20_000,
    longestWaitMs: LONGEST_WAIT_MS,
    waitMs: 1,
    random: () => 1,
  });
}

const REQUEST: AiRequest = {
  system: 'You read processes.',
  messages: [{ role: 'user', text: 'The clerk checks the claim.' }],
  answer: {
    name: 'report',
    description: 'What was understood.',
    schema: {
      type: 'object',
      properties: { done: { type: 'boolean' }, quote: { type: 'string' } },
      required: [],
      additionalProperties: false,
    },
  },
  maxOutputTokens: 1_000,
};

const jobOf = (tenantId = newId()): AiJob => ({
  tenantId,
  sessionId: newId(),
  phase: 'DESIGN',
  provider: 'anthropic',
});

type AskOptions = Parameters<AiClient['ask']>[2];

const patient = (): AskOptions => ({ signal: new AbortController().signal });

const ask = (text = 'The clerk checks the claim.', options = patient()): Promise<AiReply> =>
  openClient().ask(jobOf(), { ...REQUEST, messages: [{ role: 'user', text }] }, options);

const problemOf = async (reply: Promise<AiReply>): Promise<string> => {
  const error = await reply.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AiError)) throw error ?? new Error('answered');
  return error.problem;
};

test('an answer comes with what it used and cost, and is in the accounts', async () => {
  const reply = await ask();

  expect(reply).toEqual({
    value: { done: true },
    model: 'claude-sonnet-5-5',
    use: { inputTokens: 1_300, outputTokens: 50, costUsd: COST_USD },
  });
  expect(ledger.calls).toMatchObject([
    {
      plan: { model: 'claude-sonnet-5-5', job: { phase: 'DESIGN', provider: 'anthropic' } },
      result: { tokens: TOKENS, costUsd: COST_USD, outcome: 'ANSWERED' },
    },
  ]);
  expect(ledger.calls[0]?.plan.mostUsd).toBeGreaterThan((1_000 * PRICE.output) / 1_000_000);
});

describe('tries', () => {
  test.each<[string, readonly AiBehaviour[], readonly string[]]>([
    ['an overload', [isOverloaded()], ['OVERLOADED', 'ANSWERED']],
    ['a rate limit', [isRateLimited(0)], ['RATE_LIMITED', 'ANSWERED']],
    ['a failure on their side', [fails(500), fails(502)], ['UNREACHABLE', 'UNREACHABLE', 'ANSWERED']],
    ['a stream that is cut', [cuts()], ['CUT', 'ANSWERED']],
  ])('%s is tried again, and every try is accounted', async (_what, behaviours, outcomes) => {
    server.script(...behaviours);

    const { value } = await ask();

    expect(value).toEqual({ done: true });
    expect(ledger.outcomes).toEqual(outcomes);
  });

  test('there are three at most', async () => {
    server.respondWith(() => isOverloaded());

    expect(await problemOf(ask())).toBe('OVERLOADED');
    expect(ledger.outcomes).toEqual(['OVERLOADED', 'OVERLOADED', 'OVERLOADED']);
  });

  test('wait for as long as the provider asks', async () => {
    server.script(fails(429, 'Slow down.', { 'retry-after-ms': '300' }));
    const before = performance.now();

    await ask();

    expect(performance.now() - before).toBeGreaterThanOrEqual(299);
    expect(server.requests).toHaveLength(2);
  });

  test.each([
    ['rate limit', isRateLimited(600), 'RATE_LIMITED'],
    ['overload', fails(529, 'Overloaded', { 'retry-after': '600' }), 'OVERLOADED'],
  ])('a %s that asks to wait for too long is the end', async (_what, behaviour, problem) => {
    server.script(behaviour);

    expect(await problemOf(ask())).toBe(problem);
    expect(server.requests).toHaveLength(1);
  });

  test.each<[AiBehaviour, string]>([
    [refuses(), 'REFUSED'],
    [fails(401), 'UNAUTHENTICATED'],
    [fails(400), 'INVALID'],
    [{ does: 'ANSWER_TEXT', text: '{' }, 'MALFORMED'],
  ])('what another try does not mend is not tried again: %o', async (behaviour, problem) => {
    server.script(behaviour);

    expect(await problemOf(ask())).toBe(problem);
    expect(ledger.outcomes).toEqual([problem]);
  });

  test('what failed tries used is paid too', async () => {
    server.script({ does: 'CUT', value: { quote: 'x'.repeat(400) }, tokens: TOKENS });

    const { use } = await ask();

    const [cut, answered] = ledger.calls.map(({ result }) => result?.costUsd ?? 0);
    expect(cut).toBeGreaterThan(0);
    expect(use.costUsd).toBeCloseTo((cut ?? 0) + (answered ?? 0), 12);
  });

  test('a provider that stays down is left alone for a while, for every tenant', async () => {
    const client = openClient();
    server.respondWith(() => fails(500));
    await problemOf(client.ask(jobOf(), REQUEST, patient()));
    await problemOf(client.ask(jobOf(), REQUEST, patient()));
    const asked = server.requests.length;

    expect(await problemOf(client.ask(jobOf(), REQUEST, patient()))).toBe('UNREACHABLE');
    expect(server.requests).toHaveLength(asked);
    expect(ledger.calls).toHaveLength(asked);
  });

  test('refusals of what is asked say nothing about the provider', async () => {
    const client = openClient();
    server.respondWith(() => refuses());
    for (let count = 0; count < 8; count += 1) await problemOf(client.ask(jobOf(), REQUEST, patient()));
    server.respondWith(() => answers({ done: true }));

    await expect(client.ask(jobOf(), REQUEST, patient())).resolves.toMatchObject({ value: { done: true } });
  });
});

describe('whoever gives up', () => {
  test('ends the stream, and finds its cost in the accounts', async () => {
    server.script(answersSlowly({ quote: 'x'.repeat(200) }, new Promise(() => {})));
    const controller = new AbortController();
    const reason = new Error('cancelled by a person');

    const reply = openClient().ask(jobOf(), REQUEST, {
      signal: controller.signal,
      onText: () => controller.abort(reason),
    });

    await expect(reply).rejects.toBe(reason);
    expect(ledger.outcomes).toEqual(['GIVEN_UP']);
    expect(ledger.calls[0]?.result?.costUsd).toBeGreaterThan(0);
    await until('the provider sees the end', () => server.requests[0]?.state === 'CLOSED');
  });

  // Attack: designs that are started and cancelled again and again, each before the provider says what it has used.
  test('before the answer begins pays for what was sent all the same', async () => {
    server.script({ does: 'HANG' });
    const controller = new AbortController();
    const reply = openClient().ask(jobOf(), REQUEST, { signal: controller.signal });
    await until('the provider is asked', () => server.requests.length === 1);

    controller.abort(new Error('cancelled by a person'));

    await expect(reply).rejects.toThrow('cancelled by a person');
    expect(ledger.calls).toMatchObject([{ result: { outcome: 'GIVEN_UP' } }]);
    expect(ledger.calls[0]?.result?.tokens?.inputTokens).toBeGreaterThan(0);
    expect(ledger.calls[0]?.result?.costUsd).toBeGreaterThan(0);
  });

  test('while it waits for its turn asks nothing', async () => {
    const client = openClient(1);
    const controller = new AbortController();
    server.respondWith(() => answersSlowly({}, new Promise(() => {})));
    const first = client.ask(jobOf(), REQUEST, { signal: controller.signal });
    const second = client.ask(jobOf(), REQUEST, { signal: controller.signal });
    await until('the first is asked', () => server.requests.length === 1);

    controller.abort(new Error('stopping'));

    await expect(first).rejects.toThrow('stopping');
    await expect(second).rejects.toThrow('stopping');
    expect(ledger.calls).toHaveLength(1);
  });
});

test('a budget that is spent is said before anything leaves', async () => {
  ledger.refusal = new AiRefusal('BUDGET_EXCEEDED', 'It is spent.');

  await expect(ask()).rejects.toBe(ledger.refusal);
  expect(server.requests).toEqual([]);
});

test('a provider without a key is not configured', async () => {
  const reply = openClient().ask({ ...jobOf(), provider: 'openai' }, REQUEST, patient());

  await expect(reply).rejects.toMatchObject({ name: 'AiRefusal', code: 'NOT_CONFIGURED' });
});

test('no more requests are under way than allowed, and tenants take turns', async () => {
  const client = openClient(2);
  const [loud, quiet] = [newId(), newId()];
  let underWay = 0;
  let most = 0;
  const order: string[] = [];
  server.respondWith(async ({ messages }) => {
    most = Math.max(most, (underWay += 1));
    order.push(messages[0]?.text ?? '');
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    underWay -= 1;
    return answers({});
  });
  const askAs = (tenantId: string, text: string): Promise<AiReply> =>
    client.ask(jobOf(tenantId), { ...REQUEST, messages: [{ role: 'user', text }] }, patient());

  await Promise.all([...Array.from({ length: 10 }, () => askAs(loud, 'loud')), askAs(quiet, 'quiet')]);

  expect(most).toBeLessThanOrEqual(2);
  expect(order.indexOf('quiet')).toBeLessThan(4);
});

describe('what leaves', () => {
  const TEXT = 'Ada (ada@example.com) uses password=hunter2-hunter2 at the desk.';

  test('has no credentials, and personal data unless the tenant wants otherwise', async () => {
    await ask(TEXT);

    expect(server.requests[0]?.messages).toEqual([
      { role: 'user', text: 'Ada (ada@example.com) uses password=[CREDENTIAL_1] at the desk.' },
    ]);
  });

  test('has placeholders for personal data where the tenant asks, which are put back in the answer', async () => {
    ledger.isRedacting = true;
    server.respondWith(({ messages }) => answers({ quote: messages[0]?.text }));
    const texts: string[] = [];

    const { value } = await ask(TEXT, {
      ...patient(),
      onText: (json) => texts.push(json),
    });

    expect(JSON.stringify(server.requests[0]?.body)).not.toContain('ada@example.com');
    expect(JSON.stringify(server.requests[0]?.body)).not.toContain('hunter2');
    expect(value).toEqual({ quote: 'Ada (ada@example.com) uses password=[CREDENTIAL_1] at the desk.' });
    expect(texts.at(-1)).toContain('ada@example.com');
  });

  // Attack: a model that is talked into repeating placeholders it was not given.
  test('gives nothing back for placeholders that stand for nothing', async () => {
    ledger.isRedacting = true;
    server.respondWith(() => answers({ quote: '[EMAIL_7] [CREDENTIAL_1] [IBAN_1]' }));

    expect((await ask(TEXT)).value).toEqual({ quote: '[EMAIL_7] [CREDENTIAL_1] [IBAN_1]' });
  });
});

// Attack: keys and texts in logs.
test('logs have neither key, nor prompt, nor answer', async () => {
  server.respondWith(() => fails(500, `internal ${server.apiKey}`));
  await problemOf(ask('the secret plan'));
  ledger.settle = () => Promise.reject(new Error('the database is away'));
  server.respondWith(() => answers({ quote: 'the secret answer' }));

  await ask('the secret plan');

  const log = lines.join('\n');
  expect(log).toContain('was not settled');
  for (const secret of [server.apiKey, 'secret plan', 'secret answer']) expect(log).not.toContain(secret);
});
