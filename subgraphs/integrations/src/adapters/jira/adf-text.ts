/** The text of a document in Atlassian's format: an object tree, of which nobody knows how deep it is. */
import { z } from 'zod';

const nodeSchema = z.object({
  type: z.string(),
  text: z.string().optional(),
  attrs: z.object({ text: z.string().optional(), url: z.string().optional() }).optional(),
  content: z.array(z.unknown()).optional(),
});

/** What ends a line. */
const BLOCKS = new Set([
  'paragraph',
  'heading',
  'listItem',
  'codeBlock',
  'blockquote',
  'tableRow',
  'panel',
  'rule',
  'hardBreak',
]);
const MAX_NODES = 20_000;

export function toText(document: unknown): string {
  const pieces: string[] = [];
  const open: unknown[] = [document];
  for (let count = 0; open.length > 0 && count < MAX_NODES; count += 1) {
    const next = open.pop();
    if (typeof next === 'string') {
      pieces.push(next);
      continue;
    }
    const node = nodeSchema.safeParse(next);
    if (!node.success) continue;
    const { type, text, attrs, content = [] } = node.data;
    const own =
      text ?? (type === 'mention' || type === 'emoji' ? attrs?.text : undefined) ?? attrs?.url ?? '';
    if (type === 'listItem') pieces.push('- ');
    pieces.push(own);
    // What comes last is looked at first.
    open.push(...(BLOCKS.has(type) ? ['\n'] : []), ...content.toReversed());
  }
  return pieces
    .join('')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}
