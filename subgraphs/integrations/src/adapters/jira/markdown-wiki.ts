/** Markdown in the notation of Jira Data Center. Each character that means something in it is written so that it does not. */
import { parseMarkdown, type Block, type Inline, type Lines, type List } from './markdown.ts';

const LANGUAGE = /^[a-z0-9+#]{1,20}$/;

export function toWiki(markdown: string): string {
  return parseMarkdown(markdown).map(toLines).join('\n\n');
}

function toLines(block: Block): string {
  switch (block.kind) {
    case 'HEADING':
      return `h${block.level}. ${toLine(block.content)}`;
    case 'PARAGRAPH':
      return toText(block.lines);
    case 'QUOTE':
      return `{quote}\n${toText(block.lines)}\n{quote}`;
    case 'CODE':
      return toCode(block.text, block.language);
    case 'LIST':
      return toList(block.list, '').join('\n');
    case 'RULE':
      return '----';
    default:
      return block satisfies never;
  }
}

/** Nothing within it has a meaning but its end, which is written so that it is none. */
function toCode(text: string, language: string | null): string {
  const name = language?.toLowerCase() ?? '';
  const head = LANGUAGE.test(name) ? `{code:${name}}` : '{code}';
  return `${head}\n${text.replaceAll(/\{(?=code)/gi, '{\u200b')}\n{code}`;
}

function toList({ isOrdered, items }: List, above: string): string[] {
  const mark = `${above}${isOrdered ? '#' : '*'}`;
  return items.flatMap(({ lines, lists }) => [
    `${mark} ${lines.map(toLine).join(' ')}`,
    ...lists.flatMap((list) => toList(list, mark)),
  ]);
}

const toText = (lines: Lines): string => lines.map(toLine).join('\n');

const toLine = (content: readonly Inline[]): string => content.map(toPiece).join('');

function toPiece({ text, isBold, isItalic, isCode, href }: Inline): string {
  const escaped = escape(text);
  if (isCode) return `{{${escaped}}}`;
  if (href !== null) return `[${escaped}|${href.replaceAll(/[|\]\\{}]/g, encodeURIComponent)}]`;
  if (isBold) return `*${escaped}*`;
  return isItalic ? `_${escaped}_` : escaped;
}

/** Everything with which the notation begins anything, and what would begin a list, a heading or a quote in a line. */
function escape(text: string): string {
  return text
    .replaceAll(/&(?=#?\w{1,10};)/g, '&amp;')
    .replaceAll('\\', '&#92;')
    .replaceAll(
      /[{}[\]*_^~|]|!(?=\S)|\?(?=\?)|[:;](?=[()PD])|\((?=(?:[/xyni]|on|off|flag|flagoff)\))/g,
      String.raw`\$&`,
    )
    .replaceAll(/(?<![\p{L}\p{N}])[-+]|[-+](?![\p{L}\p{N}])/gu, String.raw`\$&`)
    .replaceAll(/^(\s*)#/g, String.raw`$1\#`)
    .replaceAll(/^(\s*)(h[1-6]|bq)\./gi, '$1$2&#46;');
}
