/** What Jira Cloud would refuse in a document, by the part of Atlassian's schema that is written here. */
import { z } from 'zod';

const link = z.strictObject({ type: z.literal('link'), attrs: z.strictObject({ href: z.url() }) });
const plainMark = z.strictObject({ type: z.enum(['strong', 'em', 'code']) });
const text = z.strictObject({
  type: z.literal('text'),
  text: z.string().min(1),
  marks: z.array(z.union([plainMark, link])).optional(),
});
const hardBreak = z.strictObject({ type: z.literal('hardBreak') });
const inline = z.array(z.union([text, hardBreak]));
const paragraph = z.strictObject({ type: z.literal('paragraph'), content: inline });

interface ListNode {
  type: 'bulletList' | 'orderedList';
  content: { type: 'listItem'; content: (z.output<typeof paragraph> | ListNode)[] }[];
}
const list: z.ZodType<ListNode> = z.strictObject({
  type: z.enum(['bulletList', 'orderedList']),
  content: z
    .array(
      z.strictObject({
        type: z.literal('listItem'),
        content: z.array(z.union([paragraph, z.lazy(() => list)])).min(1),
      }),
    )
    .min(1),
});

const block = z.union([
  paragraph,
  list,
  z.strictObject({
    type: z.literal('heading'),
    attrs: z.strictObject({ level: z.number().int().min(1).max(6) }),
    content: inline,
  }),
  z.strictObject({ type: z.literal('blockquote'), content: z.array(paragraph).min(1) }),
  z.strictObject({
    type: z.literal('codeBlock'),
    attrs: z.strictObject({ language: z.string() }).optional(),
    content: z.array(z.strictObject({ type: z.literal('text'), text: z.string().min(1) })).optional(),
  }),
  z.strictObject({ type: z.literal('rule') }),
]);

const documentSchema = z.strictObject({
  type: z.literal('doc'),
  version: z.literal(1),
  content: z.array(block),
});

/** Null for a document as it has to be. */
export function findAdfProblem(document: unknown): string | null {
  const parsed = documentSchema.safeParse(document);
  return parsed.success ? null : JSON.stringify(parsed.error.issues.slice(0, 3));
}
