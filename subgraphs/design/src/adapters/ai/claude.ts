/** Claude by Anthropic's Messages API: the answer is the input of a tool whose schema is the answer's. */
import Anthropic, { APIConnectionError, APIError } from '@anthropic-ai/sdk';
import type {
  MessageCreateParamsStreaming,
  RawMessageStreamEvent,
  StopReason,
} from '@anthropic-ai/sdk/resources/messages';
import type { Clock } from '@flowgrid/platform';
import { z } from 'zod';
import {
  AiError,
  type AiAnswer,
  type AiCallOptions,
  type AiProvider,
  type AiRequest,
  type AiTokens,
} from './ai-provider.ts';
import { toClaudeSchema } from './claude-schema.ts';
import { estimateInputTokens, estimateTokens } from './estimate-tokens.ts';
import { answerError, connectionError, limitError, toAiError } from './provider-failure.ts';
import type { ProviderOptions } from './provider-options.ts';
import { watchStream, type StreamWatch } from './stream-watch.ts';

const NAME = 'anthropic';

/** Models that think before they answer refuse to be forced to use a tool: those after the fourth generation. */
const CAN_BE_FORCED = /^claude-(?:opus|sonnet|haiku)-4(?:-|$)/u;

export type ClaudeEffort = 'low' | 'medium' | 'high' | 'xhigh' | 'max';

export function createClaude(options: ProviderOptions<ClaudeEffort>): AiProvider {
  const { apiKey, baseUrl, model, clock } = options;
  const client = new Anthropic({
    apiKey,
    baseURL: baseUrl ?? 'https://api.anthropic.com',
    // Whoever asks decides about further tries; the SDK neither writes to the console nor keeps texts in spans.
    maxRetries: 0,
    timeout: options.limits.totalMs,
    logLevel: 'off',
    openTelemetry: false,
  });
  /** Answers whose schema the provider's grammar turned out not to take. */
  const tooComplex = new Set<string>();
  return {
    name: NAME,
    model,
    answer: async (request, call) => {
      const isStrict = !tooComplex.has(request.answer.name);
      const once = (strict: boolean): Promise<AiAnswer> =>
        new ClaudeCall({ client, options, request, call, clock }).run(strict);
      try {
        return await once(isStrict);
      } catch (error) {
        // Not another try of the same: nothing was generated, and the request is a different one.
        if (!isStrict || !isAboutSchema(error)) throw error;
        tooComplex.add(request.answer.name);
        return once(false);
      }
    },
  };
}

const isAboutSchema = (error: unknown): boolean =>
  error instanceof AiError && error.problem === 'INVALID' && /schema|grammar|strict/iu.test(error.message);

interface ClaudeCallOptions {
  readonly client: Anthropic;
  readonly options: ProviderOptions<ClaudeEffort>;
  readonly request: AiRequest;
  readonly call: AiCallOptions;
  readonly clock: Clock;
}

/** One request and its stream. */
class ClaudeCall {
  readonly #given: ClaudeCallOptions;
  #json = '';
  #toolIndex: number | null = null;
  #tokens: AiTokens | null = null;
  #model: string;
  #stopReason: StopReason | null = null;
  #refusal: string | null = null;
  #isComplete = false;

  constructor(given: ClaudeCallOptions) {
    this.#given = given;
    this.#model = given.options.model;
  }

  async run(isStrict: boolean): Promise<AiAnswer> {
    const { options, call } = this.#given;
    call.signal.throwIfAborted();
    using watch = watchStream(options.limits, call.signal);
    try {
      await this.#read(watch, isStrict);
      return this.#toAnswer(watch);
    } catch (error) {
      throw this.#toThrown(error, watch);
    } finally {
      if (this.#tokens) call.onTokens?.(this.#used());
    }
  }

  async #read(watch: StreamWatch, isStrict: boolean): Promise<void> {
    const { client, options, request } = this.#given;
    const stream = await client
      .withOptions({ fetch: watch.fetch })
      .messages.create(toParams(options, request, isStrict), { signal: watch.signal });
    for await (const event of stream) this.#take(event);
  }

  #take(event: RawMessageStreamEvent): void {
    switch (event.type) {
      case 'message_start': {
        const { usage, model } = event.message;
        this.#model = model;
        this.#tokens = readTokens(usage, this.#given.request);
        break;
      }
      case 'content_block_start':
        if (event.content_block.type === 'tool_use') this.#toolIndex ??= event.index;
        break;
      case 'content_block_delta':
        if (event.index === this.#toolIndex && event.delta.type === 'input_json_delta') {
          this.#json += event.delta.partial_json;
          if (event.delta.partial_json !== '') this.#given.call.onText?.(this.#json);
        }
        break;
      case 'message_delta':
        this.#stopReason = event.delta.stop_reason;
        this.#refusal = event.delta.stop_details?.explanation ?? null;
        if (this.#tokens) this.#tokens = { ...this.#tokens, outputTokens: this.#written(event.usage) };
        break;
      case 'message_stop':
        this.#isComplete = true;
        break;
      case 'content_block_stop':
        break;
    }
  }

  #toAnswer(watch: StreamWatch): AiAnswer {
    // The SDK ends the loop without a word when the stream was aborted.
    if (watch.endedBy !== null || !this.#isComplete || this.#tokens === null) {
      throw connectionError(NAME, null, { hasBegun: true, tokens: this.#tokens && this.#used() });
    }
    const tokens = this.#tokens;
    if (this.#stopReason === 'refusal') {
      throw answerError(NAME, 'REFUSED', `refused: ${this.#refusal ?? 'no reason was given'}`, tokens);
    }
    if (this.#stopReason === 'max_tokens' || this.#stopReason === 'model_context_window_exceeded') {
      throw answerError(NAME, 'TOO_LONG', 'ended the answer because it became too long.', tokens);
    }
    return { value: this.#parse(tokens), tokens, model: this.#model };
  }

  #parse(tokens: AiTokens): unknown {
    if (this.#toolIndex === null) {
      throw answerError(NAME, 'MALFORMED', 'answered in words instead of the form asked for.', tokens);
    }
    try {
      const value: unknown = JSON.parse(this.#json);
      return value;
    } catch {
      // What the parser says quotes the answer.
      throw answerError(NAME, 'MALFORMED', 'answered with something that is not JSON.', tokens);
    }
  }

  #toThrown(error: unknown, watch: StreamWatch): unknown {
    const { options, call, clock } = this.#given;
    const tokens = this.#tokens && this.#used();
    if (watch.endedBy === 'GIVEN_UP') return call.signal.reason;
    if (watch.endedBy !== null) return limitError(NAME, watch.endedBy, options.limits, tokens);
    if (error instanceof AiError) return error;
    if (error instanceof APIError && !(error instanceof APIConnectionError)) {
      const { status, type, headers } = error;
      const message = error.apiMessage ?? 'no reason was given';
      return toAiError({ provider: NAME, status, type, message, headers, tokens }, clock.now());
    }
    return connectionError(NAME, error, { hasBegun: tokens !== null, tokens });
  }

  #written(usage: unknown): number {
    return writtenSchema.safeParse(usage).data?.output_tokens ?? estimateTokens(this.#json);
  }

  /** The last figure of the output comes with the end of the stream; one that broke has written what arrived at least. */
  #used(): AiTokens {
    const tokens = this.#tokens ?? NOTHING;
    const outputTokens = this.#isComplete
      ? tokens.outputTokens
      : Math.max(tokens.outputTokens, estimateTokens(this.#json));
    return { ...tokens, outputTokens };
  }
}

const NOTHING: AiTokens = { inputTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };

const count = z.int().min(0);
const writtenSchema = z.object({ output_tokens: count });
const usageSchema = z.object({
  input_tokens: count,
  cache_read_input_tokens: count.nullish(),
  cache_creation_input_tokens: count.nullish(),
  output_tokens: count,
});

/** What speaks the same protocol may leave figures out; then the text that was sent is counted. */
function readTokens(usage: unknown, request: AiRequest): AiTokens {
  const { data } = usageSchema.safeParse(usage);
  if (!data) return { ...NOTHING, inputTokens: estimateInputTokens(request) };
  return {
    inputTokens: data.input_tokens,
    cachedInputTokens: data.cache_read_input_tokens ?? 0,
    cacheWriteTokens: data.cache_creation_input_tokens ?? 0,
    outputTokens: data.output_tokens,
  };
}

function toParams(
  { model, effort }: ProviderOptions<ClaudeEffort>,
  { system, messages, answer, maxOutputTokens }: AiRequest,
  isStrict: boolean,
): MessageCreateParamsStreaming {
  const isForced = CAN_BE_FORCED.test(model);
  const strictSchema = isStrict ? toClaudeSchema(answer.schema) : null;
  const manner = `Answer only by calling the tool ${answer.name}, exactly once, with nothing before or after it.`;
  return {
    model,
    max_tokens: maxOutputTokens,
    stream: true,
    // Tools come before the system prompt: what is marked here keeps both in the cache.
    system: [
      {
        type: 'text',
        text: isForced ? system : `${system}\n\n${manner}`,
        cache_control: { type: 'ephemeral' },
      },
    ],
    messages: messages.map(({ role, text }) => ({ role, content: text })),
    tools: [
      {
        name: answer.name,
        description: answer.description,
        input_schema: { ...(strictSchema ?? answer.schema), type: 'object' },
        ...(strictSchema && { strict: true }),
        cache_control: { type: 'ephemeral' },
      },
    ],
    tool_choice: isForced
      ? { type: 'tool', name: answer.name, disable_parallel_tool_use: true }
      : { type: 'auto', disable_parallel_tool_use: true },
    ...(effort !== null && { output_config: { effort } }),
  };
}
