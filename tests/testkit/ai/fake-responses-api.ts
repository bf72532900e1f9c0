/** OpenAI's Responses API: what it demands of a request, and the events of its stream. */
import type {
  Response,
  ResponseOutputMessage,
  ResponseStreamEvent,
  ResponseUsage,
} from 'openai/resources/responses/responses';
import { z } from 'zod';
import type { FakeAiRequest, FakeTokens } from './behaviour.ts';
import {
  startFakeAiServer,
  type FakeAiOptions,
  type FakeAiServer,
  type Protocol,
  type ReadRequest,
} from './fake-ai-server.ts';
import { asStrictModelWrites, strictFormatFaults } from './strict-schemas.ts';

export const startFakeResponsesApi = (options: FakeAiOptions = {}): Promise<FakeAiServer> =>
  startFakeAiServer(responsesProtocol, options);

const requestSchema = z.strictObject({
  model: z.string().regex(/^(gpt-|o\d)/u),
  instructions: z.string(),
  input: z.array(z.strictObject({ role: z.enum(['user', 'assistant']), content: z.string().min(1) })).min(1),
  max_output_tokens: z.int().min(16),
  stream: z.literal(true),
  stream_options: z.strictObject({ include_obfuscation: z.boolean() }).optional(),
  store: z.boolean().optional(),
  prompt_cache_key: z.string().max(64).optional(),
  safety_identifier: z.string().max(64).optional(),
  reasoning: z
    .strictObject({
      effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).optional(),
    })
    .optional(),
  text: z.strictObject({
    format: z.strictObject({
      type: z.literal('json_schema'),
      name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/u),
      description: z.string().optional(),
      schema: z.record(z.string(), z.unknown()),
      strict: z.boolean(),
    }),
  }),
});

function read(body: unknown): ReadRequest {
  const parsed = requestSchema.safeParse(body);
  if (!parsed.success) return { isValid: false, status: 400, message: z.prettifyError(parsed.error) };
  const { format } = parsed.data.text;
  const [fault] = format.strict ? strictFormatFaults(format.schema) : [];
  if (fault !== undefined) {
    return {
      isValid: false,
      status: 400,
      message: `Invalid schema for response_format '${format.name}': ${fault}`,
    };
  }
  return {
    isValid: true,
    request: {
      model: parsed.data.model,
      effort: parsed.data.reasoning?.effort ?? null,
      system: parsed.data.instructions,
      messages: parsed.data.input.map(({ role, content }) => ({ role, text: content })),
      answer: { name: format.name, description: format.description ?? '', schema: format.schema },
      maxOutputTokens: parsed.data.max_output_tokens,
    },
  };
}

const ERROR_TYPES: Readonly<Record<number, { readonly type: string; readonly code: string | null }>> = {
  400: { type: 'invalid_request_error', code: null },
  401: { type: 'invalid_request_error', code: 'invalid_api_key' },
  403: { type: 'invalid_request_error', code: 'unsupported_country_region_territory' },
  404: { type: 'invalid_request_error', code: 'model_not_found' },
  429: { type: 'tokens', code: 'rate_limit_exceeded' },
};

const ITEM_ID = 'msg_test';
const PLACE = { item_id: ITEM_ID, output_index: 1, content_index: 0 } as const;

/** An event without its number, which the stream gives. */
type Unnumbered = ResponseStreamEvent extends infer Event
  ? Event extends { sequence_number: number }
    ? Omit<Event, 'sequence_number'>
    : never
  : never;

function responsesProtocol(): Protocol {
  let sequence = 0;
  const number = (event: Unnumbered) => ({ ...event, sequence_number: sequence++ });
  const start = (request: FakeAiRequest): Unnumbered[] => [
    { type: 'response.created', response: response(request, 'in_progress') },
    { type: 'response.in_progress', response: response(request, 'in_progress') },
    { type: 'response.output_item.added', output_index: 0, item: REASONING },
    { type: 'response.output_item.done', output_index: 0, item: REASONING },
    { type: 'response.output_item.added', output_index: 1, item: message([], 'in_progress') },
  ];
  const textEnd = (text: string, status: 'completed' | 'incomplete'): Unnumbered[] => [
    { type: 'response.output_text.done', ...PLACE, text, logprobs: [] },
    { type: 'response.content_part.done', ...PLACE, part: textPart(text) },
    { type: 'response.output_item.done', output_index: 1, item: message([textPart(text)], status) },
  ];
  const whole = (request: FakeAiRequest, text: string, tokens: FakeTokens): Unnumbered[] => [
    ...textEnd(text, 'completed'),
    {
      type: 'response.completed',
      response: response(request, 'completed', {
        output: [REASONING, message([textPart(text)], 'completed')],
        usage: usageOf(tokens),
      }),
    },
  ];
  const opening = (request: FakeAiRequest): Unnumbered[] => [
    ...start(request),
    { type: 'response.content_part.added', ...PLACE, part: textPart('') },
  ];
  return {
    baseUrl: (origin) => `${origin}/v1`,
    path: '/v1/responses',
    isAuthentic: (headers, apiKey) => headers.authorization === `Bearer ${apiKey}`,
    read,
    failure: (status, text) => ({
      error: {
        message: text,
        param: null,
        ...(ERROR_TYPES[status] ?? { type: 'server_error', code: 'server_error' }),
      },
    }),
    opening: (request) => opening(request).map(number),
    delta: (delta) => number({ type: 'response.output_text.delta', ...PLACE, delta, logprobs: [] }),
    ending: ({ reason, text, request, tokens }) =>
      (reason === 'COMPLETE'
        ? whole(request, text, tokens)
        : [
            ...textEnd(text, 'incomplete'),
            {
              type: 'response.incomplete' as const,
              response: response(request, 'incomplete', {
                incomplete_details: { reason: 'max_output_tokens' },
                output: [REASONING, message([textPart(text)], 'incomplete')],
                usage: usageOf(tokens),
              }),
            },
          ]
      ).map(number),
    talk: (request, text, tokens) =>
      [
        ...opening(request),
        { type: 'response.output_text.delta' as const, ...PLACE, delta: text, logprobs: [] },
        ...whole(request, text, tokens),
      ].map(number),
    refusal: (request, reason, tokens) => {
      const part = { type: 'refusal' as const, refusal: reason };
      return [
        ...start(request),
        {
          type: 'response.content_part.added' as const,
          ...PLACE,
          part: { type: 'refusal' as const, refusal: '' },
        },
        { type: 'response.refusal.delta' as const, ...PLACE, delta: reason },
        { type: 'response.refusal.done' as const, ...PLACE, refusal: reason },
        { type: 'response.content_part.done' as const, ...PLACE, part },
        {
          type: 'response.output_item.done' as const,
          output_index: 1,
          item: message([part], 'completed'),
        },
        {
          type: 'response.completed' as const,
          response: response(request, 'completed', {
            output: [REASONING, message([part], 'completed')],
            usage: usageOf(tokens),
          }),
        },
      ].map(number);
    },
    failureInStream: (error) =>
      number({
        type: 'error',
        code: error === 'RATE_LIMITED' ? 'rate_limit_exceeded' : 'server_error',
        message:
          error === 'OVERLOADED'
            ? 'Our servers are currently overloaded. Please try again later.'
            : 'The server had an error while processing your request.',
        param: null,
      }),
    write: (value, request) => JSON.stringify(asStrictModelWrites(value, request.answer.schema)),
  };
}

const REASONING = { id: 'rs_test', type: 'reasoning', summary: [] } satisfies Response['output'][number];

const textPart = (text: string) => ({ type: 'output_text' as const, text, annotations: [], logprobs: [] });

const message = (
  content: ResponseOutputMessage['content'],
  status: ResponseOutputMessage['status'],
): ResponseOutputMessage => ({ id: ITEM_ID, type: 'message', role: 'assistant', content, status });

const usageOf = (tokens: FakeTokens): ResponseUsage => {
  const input = tokens.inputTokens + tokens.cachedInputTokens + tokens.cacheWriteTokens;
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: tokens.cachedInputTokens,
      cache_write_tokens: tokens.cacheWriteTokens,
    },
    output_tokens: tokens.outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + tokens.outputTokens,
  };
};

/** On the wire the response has no `output_text`: the SDK makes it. */
const response = (
  request: FakeAiRequest,
  status: NonNullable<Response['status']>,
  more: Partial<Response> = {},
): Response => ({
  id: 'resp_test',
  object: 'response',
  created_at: 1_790_000_000,
  access_programs: null,
  output_text: '',
  status,
  error: null,
  incomplete_details: null,
  instructions: request.system,
  max_output_tokens: request.maxOutputTokens,
  metadata: {},
  model: request.model,
  output: [],
  parallel_tool_calls: true,
  temperature: 1,
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  ...more,
});
