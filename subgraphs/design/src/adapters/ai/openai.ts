/** OpenAI by the Responses API: the answer is a text whose format is the answer's schema. */
import OpenAI, { APIConnectionError, APIError } from 'openai';
import type {
  Response,
  ResponseCreateParamsStreaming,
  ResponseStreamEvent,
} from 'openai/resources/responses/responses';
import { z } from 'zod';
import {
  AiError,
  type AiAnswer,
  type AiCallOptions,
  type AiProvider,
  type AiRequest,
  type AiTokens,
} from './ai-provider.ts';
import { estimateInputTokens, estimateTokens } from './estimate-tokens.ts';
import { toOpenAiSchema, withoutStrictNulls } from './openai-schema.ts';
import { answerError, connectionError, limitError, toAiError } from './provider-failure.ts';
import type { ProviderOptions } from './provider-options.ts';
import { watchStream, type StreamWatch } from './stream-watch.ts';

const NAME = 'openai';

export type OpenAiEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

export function createOpenAi(options: ProviderOptions<OpenAiEffort>): AiProvider {
  const { apiKey, baseUrl, model } = options;
  const client = new OpenAI({
    apiKey,
    baseURL: baseUrl ?? 'https://api.openai.com/v1',
    // Whoever asks decides about further tries, and nothing is written to the console.
    maxRetries: 0,
    timeout: options.limits.totalMs,
    logLevel: 'off',
  });
  return {
    name: NAME,
    model,
    answer: (request, call) => new OpenAiCall(client, options, request, call).run(),
  };
}

/** One request and its stream. */
class OpenAiCall {
  readonly #client: OpenAI;
  readonly #options: ProviderOptions<OpenAiEffort>;
  readonly #request: AiRequest;
  readonly #call: AiCallOptions;
  #json = '';
  #refusal = '';
  /** Null until the provider has taken the request. */
  #response: Response | null = null;

  constructor(
    client: OpenAI,
    options: ProviderOptions<OpenAiEffort>,
    request: AiRequest,
    call: AiCallOptions,
  ) {
    this.#client = client;
    this.#options = options;
    this.#request = request;
    this.#call = call;
  }

  async run(): Promise<AiAnswer> {
    this.#call.signal.throwIfAborted();
    using watch = watchStream(this.#options.limits, this.#call.signal);
    const schema = toOpenAiSchema(this.#request.answer.schema);
    try {
      const stream = await this.#client
        .withOptions({ fetch: watch.fetch })
        .responses.create(toParams(this.#options, this.#request, schema), { signal: watch.signal });
      for await (const event of stream) this.#take(event);
      return this.#toAnswer(watch, schema !== null);
    } catch (error) {
      throw this.#toThrown(error, watch);
    } finally {
      const used = this.#used();
      if (used) this.#call.onTokens?.(used);
    }
  }

  #take(event: ResponseStreamEvent): void {
    switch (event.type) {
      case 'response.created':
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
        this.#response = event.response;
        break;
      case 'response.output_text.delta':
        this.#json += event.delta;
        this.#call.onText?.(this.#json);
        break;
      case 'response.refusal.delta':
        this.#refusal += event.delta;
        break;
      default:
        // Reasoning, items and parts: their texts are in the deltas.
        break;
    }
  }

  #toAnswer(watch: StreamWatch, isStrict: boolean): AiAnswer {
    const response = this.#response;
    const tokens = this.#used();
    // The SDK ends the loop without a word when the stream was aborted.
    if (watch.endedBy !== null || response === null || tokens === null) {
      throw connectionError(NAME, null, { hasBegun: true, tokens });
    }
    if (response.status === 'failed') throw this.#failed(response, tokens);
    if (response.status === 'incomplete') {
      throw response.incomplete_details?.reason === 'content_filter'
        ? answerError(NAME, 'REFUSED', 'refused: its content filter ended the answer.', tokens)
        : answerError(NAME, 'TOO_LONG', 'ended the answer because it became too long.', tokens);
    }
    if (response.status !== 'completed') throw connectionError(NAME, null, { hasBegun: true, tokens });
    if (this.#refusal !== '') throw answerError(NAME, 'REFUSED', `refused: ${this.#refusal}`, tokens);
    return { value: this.#parse(tokens, isStrict), tokens, model: response.model };
  }

  #failed({ error }: Response, tokens: AiTokens): AiError {
    return toAiError(
      {
        provider: NAME,
        status: undefined,
        type: error?.code ?? 'server_error',
        message: error?.message ?? 'no reason was given',
        headers: undefined,
        tokens,
      },
      this.#options.clock.now(),
    );
  }

  #parse(tokens: AiTokens, isStrict: boolean): unknown {
    try {
      const value: unknown = JSON.parse(this.#json);
      return isStrict ? withoutStrictNulls(value, this.#request.answer.schema) : value;
    } catch {
      // What the parser says quotes the answer.
      throw answerError(NAME, 'MALFORMED', 'answered with something that is not JSON.', tokens);
    }
  }

  #toThrown(error: unknown, watch: StreamWatch): unknown {
    const tokens = this.#used();
    if (watch.endedBy === 'GIVEN_UP') return this.#call.signal.reason;
    if (watch.endedBy !== null) return limitError(NAME, watch.endedBy, this.#options.limits, tokens);
    if (error instanceof AiError) return error;
    if (error instanceof APIError && !(error instanceof APIConnectionError)) {
      const { status, code, type, message, headers } = error;
      return toAiError(
        { provider: NAME, status, type: code ?? type ?? null, message, headers, tokens },
        this.#options.clock.now(),
      );
    }
    return connectionError(NAME, error, { hasBegun: this.#response !== null, tokens });
  }

  /** The figures come with the end of the stream; for one that broke there are the texts alone. */
  #used(): AiTokens | null {
    if (this.#response === null) return null;
    const { success, data: usage } = usageSchema.safeParse(this.#response.usage);
    if (!success) {
      return {
        inputTokens: estimateInputTokens(this.#request),
        cachedInputTokens: 0,
        cacheWriteTokens: 0,
        outputTokens: estimateTokens(this.#json),
      };
    }
    const { cached_tokens: cachedInputTokens, cache_write_tokens: cacheWriteTokens } =
      usage.input_tokens_details;
    return {
      inputTokens: Math.max(0, usage.input_tokens - cachedInputTokens - cacheWriteTokens),
      cachedInputTokens,
      cacheWriteTokens,
      outputTokens: usage.output_tokens,
    };
  }
}

const count = z.int().min(0);
/** Older models, and what speaks the same protocol, leave the details out. */
const usageSchema = z.object({
  input_tokens: count,
  input_tokens_details: z
    .object({ cached_tokens: count.default(0), cache_write_tokens: count.default(0) })
    .default({ cached_tokens: 0, cache_write_tokens: 0 }),
  output_tokens: count,
});

function toParams(
  { model, effort }: ProviderOptions<OpenAiEffort>,
  { system, messages, answer, maxOutputTokens }: AiRequest,
  strictSchema: Readonly<Record<string, unknown>> | null,
): ResponseCreateParamsStreaming {
  return {
    model,
    stream: true,
    // Nothing is kept there.
    store: false,
    instructions: system,
    input: messages.map(({ role, text }) => ({ role, content: text })),
    max_output_tokens: maxOutputTokens,
    // Requests of one kind begin alike: they find the same cache.
    prompt_cache_key: `flowgrid-${answer.name}`.slice(0, 64),
    text: {
      format: {
        type: 'json_schema',
        name: answer.name,
        description: answer.description,
        schema: { ...(strictSchema ?? answer.schema) },
        strict: strictSchema !== null,
      },
    },
    ...(effort !== null && { reasoning: { effort } }),
  };
}
