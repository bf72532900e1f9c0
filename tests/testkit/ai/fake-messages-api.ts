/** Anthropic's Messages API: what it demands of a request, and the events of its stream. */
import type { RawMessageStreamEvent, Message } from '@anthropic-ai/sdk/resources/messages';
import { z } from 'zod';
import type { FakeAiRequest, FakeTokens } from './behaviour.ts';
import {
  startFakeAiServer,
  type FakeAiOptions,
  type FakeAiServer,
  type Protocol,
  type ReadRequest,
} from './fake-ai-server.ts';
import { strictToolFaults } from './strict-schemas.ts';

export const startFakeMessagesApi = (options: FakeAiOptions = {}): Promise<FakeAiServer> =>
  startFakeAiServer(messagesProtocol, options);

const cacheControl = z.strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() });
const textBlock = z.strictObject({
  type: z.literal('text'),
  text: z.string().min(1),
  cache_control: cacheControl.optional(),
});

const requestSchema = z.strictObject({
  model: z.string().startsWith('claude-'),
  max_tokens: z.int().min(1).max(128_000),
  stream: z.literal(true),
  system: z.union([z.string(), z.array(textBlock)]),
  messages: z
    .array(
      z.strictObject({
        role: z.enum(['user', 'assistant']),
        content: z.union([z.string().min(1), z.array(textBlock).min(1)]),
      }),
    )
    .min(1),
  tools: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/u),
        description: z.string(),
        input_schema: z.looseObject({ type: z.literal('object') }),
        strict: z.boolean().optional(),
        eager_input_streaming: z.boolean().optional(),
        cache_control: cacheControl.optional(),
      }),
    )
    .length(1),
  tool_choice: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('tool'),
      name: z.string(),
      disable_parallel_tool_use: z.boolean().optional(),
    }),
    z.strictObject({ type: z.literal('auto'), disable_parallel_tool_use: z.boolean().optional() }),
  ]),
  output_config: z
    .strictObject({ effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).optional() })
    .optional(),
  metadata: z.strictObject({ user_id: z.string().max(256) }).optional(),
});

/** Models that think by themselves do not let a tool be forced upon them. */
const THINKS_ALWAYS = /^claude-(opus-5|sonnet-5|haiku-5|fable|mythos)/u;

function read(body: unknown, headers: Readonly<Record<string, unknown>>): ReadRequest {
  if (!/^\d{4}-\d{2}-\d{2}$/u.test(String(headers['anthropic-version']))) {
    return { isValid: false, status: 400, message: 'anthropic-version: header is required' };
  }
  const parsed = requestSchema.safeParse(body);
  if (!parsed.success) return { isValid: false, status: 400, message: z.prettifyError(parsed.error) };
  const { model, system, messages, tools, tool_choice: choice, output_config: output } = parsed.data;
  const [tool] = tools;
  if (!tool) return { isValid: false, status: 400, message: 'tools: at least one is required' };
  const fault = findFault(model, choice, messages.at(-1)?.role, tool);
  if (fault !== null) return { isValid: false, status: 400, message: fault };
  return {
    isValid: true,
    request: {
      model,
      effort: output?.effort ?? null,
      system: plain(system),
      messages: messages.map(({ role, content }) => ({ role, text: plain(content) })),
      answer: { name: tool.name, description: tool.description, schema: tool.input_schema },
      maxOutputTokens: parsed.data.max_tokens,
    },
  };
}

function findFault(
  model: string,
  choice: z.infer<typeof requestSchema>['tool_choice'],
  lastRole: string | undefined,
  tool: z.infer<typeof requestSchema>['tools'][number],
): string | null {
  if (choice.type === 'tool' && choice.name !== tool.name) return `Tool '${choice.name}' not found`;
  if (choice.type === 'tool' && THINKS_ALWAYS.test(model)) {
    return 'tool_choice: Thinking may not be enabled when tool_choice forces tool use.';
  }
  if (lastRole === 'assistant') {
    return 'This model does not support assistant message prefill. The conversation must end with a user message.';
  }
  const [fault] = tool.strict === true ? strictToolFaults(tool.input_schema) : [];
  return fault === undefined ? null : `tools.0.custom: For 'object' type, ${fault}`;
}

const plain = (content: string | readonly { readonly text: string }[]): string =>
  typeof content === 'string' ? content : content.map((block) => block.text).join('\n');

const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

const failureOf = (type: string, message: string) => ({
  type: 'error' as const,
  error: { type, message },
  request_id: 'req_011CTestRequest',
});

function messagesProtocol(): Protocol {
  let index = 0;
  const start = (request: FakeAiRequest, tokens: FakeTokens): RawMessageStreamEvent[] => {
    const events: RawMessageStreamEvent[] = [
      { type: 'message_start', message: startedMessage(request, tokens) },
    ];
    if (!THINKS_ALWAYS.test(request.model)) return events;
    index = 1;
    return [
      ...events,
      {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'thinking', thinking: '', signature: '' },
      },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'EpYBtest' } },
      { type: 'content_block_stop', index: 0 },
    ];
  };
  const prose = (request: FakeAiRequest, text: string, tokens: FakeTokens): RawMessageStreamEvent[] => [
    ...start(request, tokens),
    { type: 'content_block_start', index, content_block: { type: 'text', text: '', citations: null } },
    { type: 'content_block_delta', index, delta: { type: 'text_delta', text } },
    { type: 'content_block_stop', index },
  ];
  return {
    baseUrl: (origin) => origin,
    path: '/v1/messages',
    isAuthentic: (headers, apiKey) =>
      headers['x-api-key'] === apiKey || headers.authorization === `Bearer ${apiKey}`,
    read,
    failure: (status, message) => failureOf(ERROR_TYPES[status] ?? 'api_error', message),
    opening: (request, tokens) => [
      ...start(request, tokens),
      {
        type: 'content_block_start',
        index,
        content_block: {
          type: 'tool_use',
          id: 'toolu_01TestToolUse',
          name: request.answer.name,
          input: {},
          caller: { type: 'direct' },
        },
      } satisfies RawMessageStreamEvent,
      { type: 'ping' },
    ],
    delta: (partial) =>
      ({
        type: 'content_block_delta',
        index,
        delta: { type: 'input_json_delta', partial_json: partial },
      }) satisfies RawMessageStreamEvent,
    ending: ({ reason, tokens }) => [
      { type: 'content_block_stop', index } satisfies RawMessageStreamEvent,
      ...end(reason === 'COMPLETE' ? 'tool_use' : 'max_tokens', tokens),
    ],
    talk: (request, text, tokens) => [...prose(request, text, tokens), ...end('end_turn', tokens)],
    refusal: (request, reason, tokens) => [
      ...prose(request, 'I cannot', tokens),
      ...end('refusal', tokens, reason),
    ],
    failureInStream: (error) =>
      failureOf(
        { OVERLOADED: 'overloaded_error', RATE_LIMITED: 'rate_limit_error', INTERNAL: 'api_error' }[error],
        { OVERLOADED: 'Overloaded', RATE_LIMITED: 'Rate limited', INTERNAL: 'Internal server error' }[error],
      ),
    write: (value) => JSON.stringify(value),
  };
}

function startedMessage(request: FakeAiRequest, tokens: FakeTokens): Message {
  return {
    id: 'msg_01TestMessage',
    type: 'message',
    role: 'assistant',
    model: request.model,
    content: [],
    container: null,
    diagnostics: null,
    stop_details: null,
    stop_reason: null,
    stop_sequence: null,
    usage: {
      input_tokens: tokens.inputTokens,
      cache_creation_input_tokens: tokens.cacheWriteTokens,
      cache_read_input_tokens: tokens.cachedInputTokens,
      cache_creation: { ephemeral_5m_input_tokens: tokens.cacheWriteTokens, ephemeral_1h_input_tokens: 0 },
      output_tokens: 1,
      output_tokens_details: null,
      server_tool_use: null,
      service_tier: 'standard',
      inference_geo: null,
      speed: null,
    },
  };
}

function end(
  stopReason: NonNullable<Message['stop_reason']>,
  tokens: FakeTokens,
  refusal?: string,
): RawMessageStreamEvent[] {
  return [
    {
      type: 'message_delta',
      delta: {
        container: null,
        stop_reason: stopReason,
        stop_sequence: null,
        stop_details:
          refusal === undefined ? null : { type: 'refusal', category: null, explanation: refusal },
      },
      usage: {
        input_tokens: tokens.inputTokens,
        cache_creation_input_tokens: tokens.cacheWriteTokens,
        cache_read_input_tokens: tokens.cachedInputTokens,
        output_tokens: tokens.outputTokens,
        output_tokens_details: null,
        server_tool_use: null,
      },
    },
    { type: 'message_stop' },
  ];
}
