/** The inputs of the mutations of agents, and their limits. */
import { z } from 'zod';
import { line, ownId, text } from '@flowgrid/platform';
import { definitionPatchSchema } from '../definition/definition-input.ts';
import { jsonObject } from '../input/json-object.ts';
import { formatted } from '../input/formatted.ts';
import { MAX_SLUG_LENGTH, SLUG } from './slug.ts';

const MAX_NAME = 200;
const MAX_DESCRIPTION = 10_000;
const MAX_TAGS = 50;
const MAX_TAG = 50;
const MAX_NOTE = 2_000;
const METADATA_LIMITS = { maxBytes: 64 * 1024, maxDepth: 20 };

const slug = formatted({
  pattern: SLUG,
  maxLength: MAX_SLUG_LENGTH,
  message: 'must be lower-case letters and digits, in groups joined by hyphens',
});
const name = line(MAX_NAME);
const description = text(MAX_DESCRIPTION);
const tags = z
  .array(line(MAX_TAG))
  .max(MAX_TAGS, `must be at most ${MAX_TAGS}`)
  .transform((list) => [...new Set(list)]);
const metadata = jsonObject(METADATA_LIMITS);

export const noteSchema = text(MAX_NOTE)
  .nullish()
  .transform((note) => (note === undefined || note?.trim() === '' ? null : note));

export const createAgentSchema = z.object({
  id: ownId.nullish(),
  slug: slug.nullish(),
  name,
  description: description.nullish().transform((value) => value ?? ''),
  tags: tags.nullish().transform((value) => value ?? []),
  metadata: metadata.nullish().transform((value) => value ?? {}),
  definition: definitionPatchSchema.nullish().transform((value) => value ?? {}),
  note: noteSchema,
});

/** Null is no value for a field of the record: whoever means "unchanged" leaves it out. */
export const updateAgentSchema = z.object({
  id: z.string(),
  expectedRevision: z.int(),
  slug: slug.optional(),
  name: name.optional(),
  description: description.optional(),
  tags: tags.optional(),
  metadata: metadata.optional(),
  definition: definitionPatchSchema.optional(),
  note: noteSchema,
});

export type CreateAgent = z.output<typeof createAgentSchema>;
export type UpdateAgent = z.output<typeof updateAgentSchema>;
