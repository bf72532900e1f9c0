/** Markdown as a document in Atlassian's format. */
import { parseMarkdown, type Block, type Inline, type Lines, type List } from './markdown.ts';

export interface AdfNode {
  readonly type: string;
  readonly version?: 1;
  readonly attrs?: Readonly<Record<string, string | number>>;
  readonly marks?: readonly AdfMark[];
  readonly text?: string;
  readonly content?: readonly AdfNode[];
}

interface AdfMark {
  readonly type: 'strong' | 'em' | 'code' | 'link';
  readonly attrs?: { readonly href: string };
}

export function toAdf(markdown: string): AdfNode {
  return { type: 'doc', version: 1, content: parseMarkdown(markdown).map(toNode) };
}

function toNode(block: Block): AdfNode {
  switch (block.kind) {
    case 'HEADING':
      return { type: 'heading', attrs: { level: block.level }, content: block.content.map(toText) };
    case 'PARAGRAPH':
      return toParagraph(block.lines);
    case 'QUOTE':
      return { type: 'blockquote', content: [toParagraph(block.lines)] };
    case 'CODE':
      return {
        type: 'codeBlock',
        ...(block.language !== null && { attrs: { language: block.language } }),
        ...(block.text !== '' && { content: [{ type: 'text', text: block.text }] }),
      };
    case 'LIST':
      return toList(block.list);
    case 'RULE':
      return { type: 'rule' };
    default:
      return block satisfies never;
  }
}

function toList({ isOrdered, items }: List): AdfNode {
  return {
    type: isOrdered ? 'orderedList' : 'bulletList',
    content: items.map(({ lines, lists }) => ({
      type: 'listItem',
      content: [toParagraph(lines), ...lists.map(toList)],
    })),
  };
}

function toParagraph(lines: Lines): AdfNode {
  const content = lines.flatMap((line, index): AdfNode[] => [
    ...(index > 0 ? [{ type: 'hardBreak' }] : []),
    ...line.map(toText),
  ]);
  return { type: 'paragraph', content };
}

function toText({ text, isBold, isItalic, isCode, href }: Inline): AdfNode {
  const marks: AdfMark[] = [
    ...(isBold ? [{ type: 'strong' } as const] : []),
    ...(isItalic ? [{ type: 'em' } as const] : []),
    ...(isCode ? [{ type: 'code' } as const] : []),
    ...(href === null ? [] : [{ type: 'link', attrs: { href } } as const]),
  ];
  return { type: 'text', text, ...(marks.length > 0 && { marks }) };
}
