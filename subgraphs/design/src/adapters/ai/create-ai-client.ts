/** Questions to AI models on behalf of jobs: in turn, redacted, paid for, tried again with care, and accounted. */
import {
  PolicyRefusal,
  type FailureKind,
  type Logger,
  type OutsidePolicies,
  type OutsidePolicy,
  type Registry,
} from '@flowgrid/platform';
import type { AiAccounts } from './ai-accounts.ts';
import { AiRefusal, type AiClient, type AiJob, type AiReply, type AiUse } from './ai-client.ts';
import { createAiMetrics, type AiMetrics } from './ai-metrics.ts';
import {
  AiError,
  type AiAnswer,
  type AiProblem,
  type AiProvider,
  type AiProviderName,
  type AiRequest,
  type AiTokens,
} from './ai-provider.ts';
import { mostInputTokens, usedTokens } from './estimate-tokens.ts';
import { createFairSlots } from './fair-slots.ts';
import { costOf, mostCostOf, type ModelPrice } from './prices.ts';
import { redact, type Redacted } from './redact.ts';

export interface PricedProvider {
  readonly provider: AiProvider;
  readonly price: ModelPrice;
}

export interface AiClientOptions {
  /** The preferred one first. */
  readonly providers: readonly PricedProvider[];
  readonly accounts: AiAccounts;
  readonly policies: OutsidePolicies;
  readonly logger: Logger;
  readonly metrics: Registry;
  /** Requests at once, of all tenants. */
  readonly concurrency: number;
  /** What a provider takes at most for one request. */
  readonly requestMs: number;
  /** A provider that asks to wait for longer is down. */
  readonly longestWaitMs: number;
  /** Longest wait before the second try. */
  readonly waitMs: number;
  /** Between 0 and 1. */
  readonly random?: () => number;
}

const TRIES = 3;
/** Beyond the provider's own limit, which tells better what was missing. */
const MARGIN_MS = 30_000;
const OPENS_AFTER = 5;
const OPENS_FOR_MS = 30_000;

export function createAiClient(options: AiClientOptions): AiClient {
  const slots = createFairSlots(options.concurrency);
  const metrics = createAiMetrics(options.metrics, slots);
  const byName = new Map(options.providers.map((priced) => [priced.provider.name, priced] as const));
  const policies = new Map([...byName.keys()].map((name) => [name, openPolicy(name, options)] as const));
  return {
    providers: [...byName.keys()],
    ask: async (job, request, { signal, onText }) => {
      const priced = byName.get(job.provider);
      const policy = policies.get(job.provider);
      if (!priced || !policy) {
        throw new AiRefusal('NOT_CONFIGURED', `There is no key for ${job.provider} on this platform.`);
      }
      const personalData = await options.accounts.isPersonalDataRedacted(job.tenantId);
      const redacted = redact(
        request.messages.map(({ text }) => text),
        { personalData },
      );
      const question = new Question({ ...options, ...priced, metrics, job, request, redacted, onText });
      return slots.run(job.tenantId, signal, () => question.ask(policy, signal));
    },
  };
}

/** One breaker and one budget of further tries for each provider: that it is down concerns every tenant. */
function openPolicy(name: AiProviderName, options: AiClientOptions): OutsidePolicy {
  const { requestMs, longestWaitMs, waitMs, random } = options;
  const tryTimeoutMs = requestMs + MARGIN_MS;
  return options.policies.get({
    name,
    classify: (error) => toFailureKind(error, longestWaitMs),
    retryAfterMs: (error) => (error instanceof AiError ? error.retryAfterMs : null),
    tryTimeoutMs,
    totalTimeoutMs: TRIES * (tryTimeoutMs + longestWaitMs),
    retries: TRIES - 1,
    waitMs,
    longestWaitMs,
    opensAfter: OPENS_AFTER,
    opensForMs: OPENS_FOR_MS,
    // The slots are the limit.
    atOnce: options.concurrency,
    queued: options.concurrency,
    ...(random && { random }),
  });
}

const FAILURE_KINDS: Readonly<Record<AiProblem, FailureKind>> = {
  OVERLOADED: 'outage',
  RATE_LIMITED: 'busy',
  UNREACHABLE: 'outage',
  STALLED: 'outage',
  CUT: 'outage',
  REFUSED: 'answered',
  MALFORMED: 'answered',
  TOO_LONG: 'answered',
  UNAUTHENTICATED: 'answered',
  INVALID: 'answered',
};

function toFailureKind(error: unknown, longestWaitMs: number): FailureKind {
  if (!(error instanceof AiError)) return 'answered';
  const kind = FAILURE_KINDS[error.problem];
  // Of those that are busy, only short waits are waited for; an outage would be, however long it asks.
  return kind === 'outage' && (error.retryAfterMs ?? 0) > longestWaitMs ? 'busy' : kind;
}

/** Ends that we brought about, or a broken connection: the provider goes on with its bill, but says nothing of it. */
const BROKEN_OFF: ReadonlySet<string> = new Set(['GIVEN_UP', 'STALLED', 'CUT']);

interface QuestionOptions extends Omit<AiClientOptions, 'metrics'>, PricedProvider {
  readonly metrics: AiMetrics;
  readonly job: AiJob;
  readonly request: AiRequest;
  readonly redacted: Redacted;
  readonly onText: ((json: string) => void) | undefined;
}

/** One question, and all that is tried for its answer. */
class Question {
  readonly #given: QuestionOptions;
  readonly #asked: AiRequest;
  readonly #mostUsd: number;
  readonly #use = { inputTokens: 0, outputTokens: 0, costUsd: 0 };
  #underWay: Promise<unknown> = Promise.resolve();

  constructor(given: QuestionOptions) {
    const { request, redacted, price } = given;
    this.#given = given;
    this.#asked = {
      ...request,
      messages: request.messages.map((message, index) => ({
        ...message,
        text: redacted.texts[index] ?? '',
      })),
    };
    this.#mostUsd = mostCostOf(mostInputTokens(this.#asked), request.maxOutputTokens, price);
  }

  async ask(policy: OutsidePolicy, signal: AbortSignal): Promise<AiReply> {
    const { redacted } = this.#given;
    try {
      // A request that failed has answered nothing: asking again is a new one, paid for by itself.
      const answer = await policy.run((within) => this.#follow(this.#try(within)), {
        signal,
        isRepeatable: true,
      });
      return { value: redacted.restore(answer.value), use: { ...this.#use }, model: answer.model };
    } catch (error) {
      throw this.#toThrown(error, signal);
    } finally {
      // Whoever is told that it is over finds it in the accounts.
      await this.#underWay;
    }
  }

  #follow<Result>(work: Promise<Result>): Promise<Result> {
    this.#underWay = Promise.allSettled([this.#underWay, work]);
    return work;
  }

  async #try(signal: AbortSignal): Promise<AiAnswer> {
    const { provider, accounts, job, redacted, onText, metrics } = this.#given;
    const callId = await accounts.reserve({ job, model: provider.model, mostUsd: this.#mostUsd });
    const isOver = metrics.start(provider);
    const startedAt = performance.now();
    let tokens: AiTokens | null = null;
    let outcome = 'FAILED';
    try {
      const answer = await provider.answer(this.#asked, {
        signal,
        ...(onText && { onText: (json: string) => onText(redacted.restoreJson(json)) }),
        onTokens: (used) => {
          tokens = used;
        },
      });
      outcome = 'ANSWERED';
      return answer;
    } catch (error) {
      if (error instanceof AiError) outcome = error.problem;
      else if (signal.aborted) outcome = 'GIVEN_UP';
      throw error;
    } finally {
      const used = BROKEN_OFF.has(outcome)
        ? usedTokens(this.#asked, { tokens, elapsedMs: performance.now() - startedAt })
        : tokens;
      isOver(outcome, used);
      await this.#settle(callId, outcome, used);
    }
  }

  async #settle(callId: string, outcome: string, tokens: AiTokens | null): Promise<void> {
    const { accounts, job, price, logger } = this.#given;
    const costUsd = tokens === null ? 0 : costOf(tokens, price);
    this.#add(tokens, costUsd);
    try {
      await accounts.settle(job.tenantId, callId, { tokens, costUsd, outcome });
    } catch (error) {
      // The answer is there and paid for. What was reserved goes on to count, which is more than it was.
      logger.error(
        { err: error, tenantId: job.tenantId, callId },
        'a request to an AI model was not settled',
      );
    }
  }

  #add(tokens: AiTokens | null, costUsd: number): void {
    const use = this.#use;
    use.inputTokens += tokens === null ? 0 : inputOf(tokens);
    use.outputTokens += tokens?.outputTokens ?? 0;
    use.costUsd += costUsd;
  }

  #toThrown(error: unknown, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    if (!(error instanceof PolicyRefusal)) return error;
    const { name } = this.#given.provider;
    return new AiError({ provider: name, problem: 'UNREACHABLE', message: `${error.message}.` }, error);
  }
}

const inputOf = ({ inputTokens, cachedInputTokens, cacheWriteTokens }: AiTokens): AiUse['inputTokens'] =>
  inputTokens + cachedInputTokens + cacheWriteTokens;
