/** What callers send, checked. */
import { z } from 'zod';
import { invalidInput, ownId, text } from '@flowgrid/platform';
import { isKnownFilter } from './event-filter.ts';
import { WEBHOOK_SIGNINGS } from './webhook-keys.ts';
import { WEBHOOK_ORDERINGS } from './webhook-endpoint.ts';

const MAX_URL_LENGTH = 1_000;
const MAX_DESCRIPTION_LENGTH = 500;
const MAX_FILTERS = 50;
/** A week. */
const MAX_OVERLAP_HOURS = 168;
export const DEFAULT_OVERLAP_HOURS = 24;

const url = z.instanceof(URL);
const events = z
  .array(
    z
      .string()
      .refine(
        isKnownFilter,
        'must be a type of `webhookEventTypes`, all types of a resource such as `agent.*`, or `*`',
      ),
  )
  .min(1, 'must name at least one type of event')
  .max(MAX_FILTERS, `must have at most ${MAX_FILTERS} entries`)
  .readonly()
  .transform((filters) => [...new Set(filters)]);
const description = text(MAX_DESCRIPTION_LENGTH);
const ordering = z.enum(WEBHOOK_ORDERINGS);

export const createSchema = z.object({
  id: ownId.nullish(),
  url,
  events,
  description: description.nullish(),
  signing: z.enum(WEBHOOK_SIGNINGS).nullish(),
  ordering: ordering.nullish(),
});
export type CreateWebhookEndpoint = z.input<typeof createSchema>;

export const updateSchema = z.object({
  id: z.string(),
  url: url.nullish(),
  events: events.nullish(),
  description: description.nullish(),
  ordering: ordering.nullish(),
});
export type UpdateWebhookEndpoint = z.input<typeof updateSchema>;

export const rotateSchema = z.object({
  id: z.string(),
  overlapHours: z
    .int()
    .min(0, 'must not be negative')
    .max(MAX_OVERLAP_HOURS, `must be at most ${MAX_OVERLAP_HOURS}`)
    .nullish(),
});
export type RotateWebhookSecret = z.input<typeof rotateSchema>;

/** @throws InvalidInput with the path `url`. */
export function toEndpointUrl(address: URL, findProblem: (url: URL) => string | null): string {
  const problem = findProblem(address) ?? (address.hash === '' ? null : 'The address must end before "#".');
  if (problem !== null) throw invalidInput('INVALID', problem, ['url']);
  if (address.href.length > MAX_URL_LENGTH)
    throw invalidInput('TOO_LONG', `The address must have at most ${MAX_URL_LENGTH} characters.`, ['url']);
  return address.href;
}
