/** What `npm run dead-letters` is asked for. */
import { parseArgs } from 'node:util';
import { QUEUES, SUBSCRIPTIONS, type QueueName, type SubscriptionName } from '../transport/topology.ts';
import type { Source } from '../transport/transport.ts';

/** Schemas that have an outbox. */
const OUTBOXES = ['agents', 'design', 'integrations'] as const;

export type DeadLetterPlace =
  | { readonly kind: 'source'; readonly source: Source }
  | { readonly kind: 'outbox'; readonly schema: (typeof OUTBOXES)[number] };

export interface DeadLettersCommand {
  readonly action: 'list' | 'replay';
  readonly place: DeadLetterPlace;
  /** Undefined means all. */
  readonly ids: readonly string[] | undefined;
  readonly limit: number;
  readonly withBody: boolean;
}

export const USAGE = `npm run dead-letters -- list   --source SOURCE [--limit 50] [--body]
npm run dead-letters -- replay --source SOURCE (--id ID ... | --all)

SOURCE is one of:
${placeNames()
  .map((name) => `  ${name}`)
  .join('\n')}

DATABASE_URL is that of the service that receives, or whose outbox it is; SERVICE_BUS_CONNECTION_STRING or
SERVICE_BUS_NAMESPACE as the service has them.`;

/** The command line is not one that the command knows; the message says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const MAX_LIMIT = 1_000;

/** @throws UsageError */
export function parseDeadLettersCommand(args: readonly string[]): DeadLettersCommand {
  const { values, positionals } = parse(args);
  const [action, ...others] = positionals;
  if ((action !== 'list' && action !== 'replay') || others.length > 0) {
    throw new UsageError('Say what to do: list or replay.');
  }
  const limit = Number(values.limit ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new UsageError(`--limit is a number from 1 to ${MAX_LIMIT}.`);
  }
  if (action === 'replay' && (values.id === undefined) === (values.all !== true)) {
    throw new UsageError('Say which ones to replay: --id ID, once or more, or --all.');
  }
  return {
    action,
    place: parsePlace(values.source),
    ids: values.id,
    limit,
    withBody: values.body === true,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        source: { type: 'string' },
        id: { type: 'string', multiple: true },
        all: { type: 'boolean' },
        limit: { type: 'string' },
        body: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function parsePlace(text: string | undefined): DeadLetterPlace {
  const [kind = '', name = ''] = text?.split(':', 2) ?? [];
  if (kind === 'subscription' && isSubscription(name)) {
    return { kind: 'source', source: { subscription: name } };
  }
  if (kind === 'queue' && isQueue(name)) return { kind: 'source', source: { queue: name } };
  const schema = OUTBOXES.find((candidate) => candidate === name);
  if (kind === 'outbox' && schema !== undefined) return { kind: 'outbox', schema };
  throw new UsageError(`--source is one of ${placeNames().join(', ')}.`);
}

function placeNames(): readonly string[] {
  return [
    ...Object.keys(SUBSCRIPTIONS).map((name) => `subscription:${name}`),
    ...Object.keys(QUEUES).map((name) => `queue:${name}`),
    ...OUTBOXES.map((schema) => `outbox:${schema}`),
  ];
}

const isSubscription = (name: string): name is SubscriptionName => Object.hasOwn(SUBSCRIPTIONS, name);
const isQueue = (name: string): name is QueueName => Object.hasOwn(QUEUES, name);
