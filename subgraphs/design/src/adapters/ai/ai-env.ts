/** Variables of AI providers: what the worker asks with, and what the service says about it. */
import { z } from 'zod';
import { priceTable } from './prices.ts';

/** Keys stand in a header: a line end or a space in one would be said by an error about headers. */
const key = z
  .string()
  .regex(/^[\x21-\x7e]{8,500}$/u, 'must be a key without spaces and line ends')
  .optional();

const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])$/u;

/** Texts and keys leave by https; plain http only within the machine. */
const baseUrl = z
  .url({ protocol: /^https?$/u, error: 'must be an https address' })
  .refine((url) => {
    const { protocol, hostname } = new URL(url);
    return protocol === 'https:' || LOOPBACK.test(hostname);
  }, 'must be an https address, or http on this machine')
  .optional();

const seconds = (limit: number) => z.coerce.number().int().min(1).max(limit);

const shared = {
  ANTHROPIC_MODEL: z
    .string()
    .min(1)
    .default('claude-sonnet-5-5')
    .describe('Model of the engine CLAUDE; one without a list price needs an entry in AI_PRICES.'),
  OPENAI_MODEL: z
    .string()
    .min(1)
    .default('gpt-6.1-sol')
    .describe('Model of the engine OPENAI; one without a list price needs an entry in AI_PRICES.'),
  AI_MONTHLY_BUDGET_USD: z.coerce
    .number()
    .min(0)
    .max(1_000_000)
    .default(50)
    .describe(
      'What a tenant may spend on AI in a calendar month (UTC) unless it sets another sum; 0 for nothing.',
    ),
};

/** The service holds no key: it is told which providers the workers have one for. */
export const aiServiceEnv = {
  ...shared,
  AI_PROVIDERS: z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((name) => name.trim() || []))
    .pipe(z.array(z.enum(['anthropic', 'openai'], 'must be anthropic, openai, both by comma, or nothing')))
    .describe('Providers that the workers have a key for, by comma: anthropic, openai.'),
};

export const aiWorkerEnv = {
  ...shared,
  ANTHROPIC_API_KEY: key.describe('Key for the engine CLAUDE; there is none without it.'),
  ANTHROPIC_BASE_URL: baseUrl.describe(
    'Where the Messages API is, without /v1; Anthropic itself if not given. http only on this machine.',
  ),
  ANTHROPIC_EFFORT: z
    .enum(['low', 'medium', 'high', 'xhigh', 'max'])
    .optional()
    .describe(
      "How much Claude thinks: low, medium, high, xhigh or max; the model's own default if not given.",
    ),
  OPENAI_API_KEY: key.describe('Key for the engine OPENAI; there is none without it.'),
  OPENAI_BASE_URL: baseUrl.describe(
    'Where the Responses API is, with /v1; OpenAI itself if not given. http only on this machine.',
  ),
  OPENAI_EFFORT: z
    .enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])
    .optional()
    .describe(
      "How much the model of OpenAI thinks: none, minimal, low, medium, high, xhigh or max; the model's own default if not given.",
    ),
  AI_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(256)
    .default(8)
    .describe('Requests to AI providers at once in a worker; tenants share them fairly.'),
  AI_STALL_SECONDS: seconds(600)
    .default(60)
    .describe('After how long without a byte a request to an AI provider is given up.'),
  AI_TIMEOUT_SECONDS: seconds(3_600).default(600).describe('How long a request to an AI provider may take.'),
  AI_RETRY_AFTER_SECONDS: seconds(600)
    .default(60)
    .describe('An AI provider that asks to wait for longer counts as down.'),
  AI_PRICES: z
    .string()
    .default('{}')
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        // Said without the text, as of all variables.
        context.addIssue('must be JSON');
        return z.NEVER;
      }
    })
    .pipe(priceTable)
    .describe(
      'Prices by model in USD per million tokens, as JSON; they add to and replace the list prices: ' +
        '{"a-model":{"input":2,"output":10,"cacheRead":0.2,"cacheWrite":2.5}}.',
    ),
};
