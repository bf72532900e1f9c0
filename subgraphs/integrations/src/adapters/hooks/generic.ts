/** Webhooks of any sender: the hook says where in the message the fields of an item are. */
import { z } from 'zod';
import { toItemBody, toItemLine, toItemTime, toItemUrl } from '../external-item.ts';
import {
  ITEM_CHANGES,
  UnreadableMessage,
  nothingTold,
  type HookDialect,
  type HookItemChange,
  type ToldChanges,
} from './hook-dialect.ts';

const MAX_POINTER_LENGTH = 200;
const MAX_CHANGE_WORDS = 50;

/** RFC 6901: `/issue/title`; the empty one is the whole message. */
const pointer = z
  .string()
  .max(MAX_POINTER_LENGTH)
  .regex(/^(\/([^~/]|~[01])*)*$/, 'must be a JSON pointer such as /issue/title');

export const mappingSchema = z.strictObject({
  key: pointer,
  title: pointer,
  body: pointer.optional(),
  state: pointer.optional(),
  type: pointer.optional(),
  assignee: pointer.optional(),
  url: pointer.optional(),
  updatedAt: pointer.optional(),
  /** Where the message says what happened, and what its words mean; without them every message is an update. */
  change: pointer.optional(),
  changes: z
    .record(z.string().max(MAX_POINTER_LENGTH), z.enum(ITEM_CHANGES))
    .refine((words) => Object.keys(words).length <= MAX_CHANGE_WORDS, 'has too many entries')
    .optional(),
});
export type HookMapping = z.output<typeof mappingSchema>;

export const GENERIC_HOOKS: HookDialect = {
  verifications: ['STANDARD_WEBHOOKS', 'HMAC_SHA256'],
  keptHeaders: [
    'webhook-id',
    'webhook-timestamp',
    'x-delivery-id',
    'x-timestamp',
    'content-type',
    'user-agent',
  ],
  name: ({ headers }) => ({ key: headers['webhook-id'] ?? headers['x-delivery-id'] ?? null, event: null }),
  readChanges: (payload, { mapping: stored }): ToldChanges => {
    const mapping = mappingSchema.safeParse(stored);
    if (!mapping.success) return nothingTold('The hook does not say where an item is in its messages.');
    return toChanges(payload, mapping.data);
  },
};

function toChanges(payload: unknown, mapping: HookMapping): ToldChanges {
  const read = (at: string | undefined): string | null => (at === undefined ? null : textAt(payload, at));
  const key = toItemLine(read(mapping.key));
  if (key === '')
    throw new UnreadableMessage(`There is no key at ${mapping.key || 'the top of the message'}.`);
  const url = read(mapping.url);
  const assignee = toItemLine(read(mapping.assignee));
  const item = {
    key,
    title: toItemLine(read(mapping.title)),
    body: toItemBody(read(mapping.body)),
    state: toItemLine(read(mapping.state)),
    type: toItemLine(read(mapping.type)),
    assignee: assignee === '' ? null : assignee,
    url: url === null ? null : toItemUrl(url),
    updatedAt: toItemTime(read(mapping.updatedAt)),
  };
  const change = changeOf(read(mapping.change), mapping.changes ?? {});
  return { items: [{ change, item, isPartial: false }], note: null };
}

function changeOf(word: string | null, words: Readonly<Record<string, HookItemChange>>): HookItemChange {
  return word !== null && Object.hasOwn(words, word) ? (words[word] ?? 'UPDATED') : 'UPDATED';
}

/** Follows the message's own members only: what every object inherits is no part of it. */
function textAt(payload: unknown, at: string): string | null {
  let value = payload;
  for (const part of at.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return null;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : null;
}
