/** What differs between the systems that send to hooks: how they sign, how they name a message, what they tell. */
import { z } from 'zod';
import type { ExternalItem } from '../external-item.ts';

export const HOOK_KINDS = ['GITHUB', 'JIRA', 'SERVICENOW', 'GENERIC'] as const;
export type HookKind = (typeof HOOK_KINDS)[number];

export const HOOK_VERIFICATIONS = ['STANDARD_WEBHOOKS', 'HMAC_SHA256', 'BEARER_JWT'] as const;
export type HookVerification = (typeof HOOK_VERIFICATIONS)[number];

/** Names in lower case; of a header that came twice the last one. */
export type HookHeaders = Readonly<Record<string, string>>;

/** A request to a hook, as it came. */
export interface HookMessage {
  readonly headers: HookHeaders;
  readonly body: Buffer;
  /** Of the address, with its query, as the sender sees it. */
  readonly path: string;
}

/** How the sender names a message, so that it is known when it comes again. */
export interface HookMessageName {
  /** Null where the sender gives none. */
  readonly key: string | null;
  readonly event: string | null;
}

export const ITEM_CHANGES = ['CREATED', 'UPDATED', 'DELETED', 'COMMENTED', 'TRANSITIONED'] as const;
export type HookItemChange = (typeof ITEM_CHANGES)[number];

export interface ToldItem {
  readonly change: HookItemChange;
  readonly item: ExternalItem;
  /** True where the message has only parts of the item: they do not replace what is known. */
  readonly isPartial: boolean;
}

/** What a message comes to. Without items it says in words why. */
export interface ToldChanges {
  readonly items: readonly ToldItem[];
  readonly note: string | null;
}

export interface ReadingContext {
  readonly headers: HookHeaders;
  /** Where people find the other system; null for a hook without a connection. */
  readonly baseUrl: string | null;
  /** Of a generic hook. */
  readonly mapping: unknown;
}

export interface HookDialect {
  readonly verifications: readonly [HookVerification, ...HookVerification[]];
  /** Headers that are kept with the message. None of them proves the sender. */
  readonly keptHeaders: readonly string[];
  name(message: HookMessage): HookMessageName;
  /** @throws UnreadableMessage for a body that is not of this system. */
  readChanges(payload: unknown, context: ReadingContext): ToldChanges;
}

/** The body is not what the other system sends. The message repeats nothing of it. */
export class UnreadableMessage extends Error {
  override readonly name = 'UnreadableMessage';
}

/** @throws UnreadableMessage with the names of what is wrong, not the values. */
export function readPayload<Schema extends z.ZodType>(schema: Schema, payload: unknown): z.output<Schema> {
  const read = schema.safeParse(payload);
  if (read.success) return read.data;
  const fields = read.error.issues.slice(0, 5).map(({ path }) => path.map(String).join('.') || 'the message');
  throw new UnreadableMessage(`The message is not as expected: ${[...new Set(fields)].join(', ')}.`);
}

/** For messages that are of no use here. */
export function nothingTold(note: string): ToldChanges {
  return { items: [], note };
}
