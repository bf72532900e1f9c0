/** What is done in threads: with files of strangers, and with layouts that may take long. */
import { z } from 'zod';
import type { DrawInput } from '../drawing/draw-input.ts';
import { ARCHIMATE_FORMATS } from '../read-archimate.ts';

export const findingSchema = z.object({
  severity: z.enum(['ERROR', 'WARNING', 'INFO']),
  code: z.string(),
  elementId: z.string().nullable(),
  elementName: z.string().nullable(),
  rule: z.string(),
  message: z.string(),
  mend: z.string(),
});
export type StoredFinding = z.output<typeof findingSchema>;

const listedElementSchema = z.object({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  documentation: z.string(),
});
/** An element as lists show it. */
export type ListedElement = z.output<typeof listedElementSchema>;

export const checkedFileSchema = z.object({
  format: z.enum(ARCHIMATE_FORMATS),
  formatVersion: z.string().nullable(),
  tool: z.string().nullable(),
  findings: z.array(findingSchema),
  findingCount: z.number(),
});
/** What is to be known of a file. */
export type CheckedFile = z.output<typeof checkedFileSchema>;

export const readFileSchema = checkedFileSchema.extend({
  /** The model as exchange file, whatever form it came in. */
  exchange: z.string(),
  elements: z.array(listedElementSchema),
  relationshipCount: z.number(),
  viewCount: z.number(),
});
/** A file with what an import keeps of it. */
export type ReadFile = z.output<typeof readFileSchema>;

const changeSchema = z.object({ field: z.string(), before: z.string().nullable(), after: z.string() });

export const deltaSchema = z.object({
  addedElements: z.array(listedElementSchema),
  changedElements: z.array(
    z.object({
      element: listedElementSchema,
      matchedBy: z.enum(['LINK', 'IDENTIFIER', 'NAME']),
      changes: z.array(changeSchema),
    }),
  ),
  unchangedElements: z.array(listedElementSchema),
  leftElementCount: z.number(),
  addedRelationships: z.array(
    z.object({
      id: z.string(),
      type: z.string(),
      sourceId: z.string(),
      sourceName: z.string(),
      targetId: z.string(),
      targetName: z.string(),
    }),
  ),
  keptRelationshipCount: z.number(),
  leftRelationshipCount: z.number(),
  addedViews: z.array(z.string()),
  xml: z.string(),
});
/** What a design adds to an imported model and changes in it. */
export type StoredDelta = z.output<typeof deltaSchema>;

const fileSchema = z.custom<Uint8Array | string>(
  (value) => typeof value === 'string' || value instanceof Uint8Array,
);

const compareSchema = z.object({
  kind: z.literal('compare'),
  imported: fileSchema,
  drawn: fileSchema,
  links: z.array(z.object({ elementId: z.string(), agentKey: z.string() })),
});

export const drawingSchema = z.object({
  xml: z.string(),
  elementCount: z.number(),
  relationshipCount: z.number(),
  viewCount: z.number(),
});
/** A drawn model as exchange file. */
export type Drawing = z.output<typeof drawingSchema>;

/** It comes from this service itself, by way of a thread. */
const drawInputSchema = z.custom<DrawInput>((value) => typeof value === 'object' && value !== null);

export const taskSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('check'), file: fileSchema }),
  z.object({ kind: z.literal('read'), file: fileSchema }),
  z.object({ kind: z.literal('draw'), input: drawInputSchema }),
  compareSchema,
]);
export type ArchimateTask = z.output<typeof taskSchema>;
