/**
 * Reads the part of markdown that tickets need: headings, paragraphs, lists, quotes, code, rules; bold, italic, code, links.
 * Whatever is not clearly one of these is text. Each character is looked at a bounded number of times.
 */

export interface Inline {
  readonly text: string;
  readonly isBold: boolean;
  readonly isItalic: boolean;
  readonly isCode: boolean;
  /** Where it leads; null for no link. */
  readonly href: string | null;
}

/** Texts of one line each. */
export type Lines = readonly (readonly Inline[])[];

export type Block =
  | { readonly kind: 'HEADING'; readonly level: number; readonly content: readonly Inline[] }
  | { readonly kind: 'PARAGRAPH'; readonly lines: Lines }
  | { readonly kind: 'QUOTE'; readonly lines: Lines }
  | { readonly kind: 'CODE'; readonly language: string | null; readonly text: string }
  | { readonly kind: 'LIST'; readonly list: List }
  | { readonly kind: 'RULE' };

export interface List {
  readonly isOrdered: boolean;
  readonly items: readonly ListItem[];
}

export interface ListItem {
  readonly lines: Lines;
  readonly lists: readonly List[];
}

const FENCE = /^ {0,3}(```+|~~~+) *([\w+#.-]{0,30})[^`]*$/;
const HEADING = /^ {0,3}(#{1,6}) +(.*)$/;
const RULE = /^ {0,3}(?:-{3,}|\*{3,}|_{3,})$/;
const QUOTE = /^ {0,3}> ?(.*)$/;
const ITEM = /^( {0,40})([-*+]|\d{1,9}[.)]) +(\S.*)$/;
const MAX_LIST_DEPTH = 5;
/** More is text: no ticket has so much, and each block costs several times its length. */
const MAX_BLOCKS = 2_000;

export function parseMarkdown(text: string): readonly Block[] {
  const lines = text
    .toWellFormed()
    .replaceAll(/\r\n?|[\v\f\u0085\u2028\u2029]/g, '\n')
    .replaceAll('\t', '    ')
    .replaceAll(/(?!\n)\p{Cc}/gu, '')
    .split('\n')
    .map((line) => line.trimEnd());
  const blocks: Block[] = [];
  for (let index = 0; index < lines.length;) {
    const read = blocks.length < MAX_BLOCKS ? readBlock(lines, index) : readRest(lines, index);
    if (read.block !== null) blocks.push(read.block);
    index = read.next;
  }
  return blocks;
}

interface ReadBlock {
  readonly block: Block | null;
  readonly next: number;
}

function readBlock(lines: readonly string[], index: number): ReadBlock {
  const line = lines[index] ?? '';
  if (line.trim() === '') return { block: null, next: index + 1 };
  const fence = FENCE.exec(line);
  if (fence) return readCode(lines, index, { mark: fence[1] ?? '', language: fence[2] || null });
  const heading = HEADING.exec(line);
  if (heading) {
    const content = parseInline(withoutClosing(heading[2] ?? ''));
    return { block: { kind: 'HEADING', level: (heading[1] ?? '#').length, content }, next: index + 1 };
  }
  if (RULE.test(line)) return { block: { kind: 'RULE' }, next: index + 1 };
  if (QUOTE.test(line)) {
    const next = endOf(lines, index, (candidate) => QUOTE.test(candidate));
    const quoted = lines.slice(index, next).map((each) => parseInline(QUOTE.exec(each)?.[1] ?? ''));
    return { block: { kind: 'QUOTE', lines: quoted }, next };
  }
  if (ITEM.test(line)) return readList(lines, index);
  const next = endOf(lines, index, (candidate) => candidate.trim() !== '' && !isOfAnother(candidate));
  const paragraph = lines.slice(index, next).map((each) => parseInline(each.trim()));
  return { block: { kind: 'PARAGRAPH', lines: paragraph }, next };
}

/** `# Title ##` is closed by its end. */
function withoutClosing(title: string): string {
  let end = title.length;
  while (title[end - 1] === '#') end -= 1;
  return end < title.length && title[end - 1] === ' ' ? title.slice(0, end).trimEnd() : title;
}

function readRest(lines: readonly string[], index: number): ReadBlock {
  const rest = lines.slice(index).map((line) => (line === '' ? [] : [plain(line)]));
  return { block: { kind: 'PARAGRAPH', lines: rest }, next: lines.length };
}

const isOfAnother = (line: string): boolean =>
  FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || ITEM.test(line);

/** The first line after `index` that does not belong to it. */
function endOf(lines: readonly string[], index: number, belongs: (line: string) => boolean): number {
  let next = index + 1;
  while (next < lines.length && belongs(lines[next] ?? '')) next += 1;
  return next;
}

/** Up to the closing fence, or to the end. */
function readCode(
  lines: readonly string[],
  index: number,
  { mark, language }: { readonly mark: string; readonly language: string | null },
): ReadBlock {
  const isClosing = (line: string): boolean => line.trim().startsWith(mark) && /^ *(`+|~+)$/.test(line);
  const end = endOf(lines, index, (line) => !isClosing(line));
  const text = lines.slice(index + 1, end).join('\n');
  return { block: { kind: 'CODE', language, text }, next: end + 1 };
}

interface OpenList {
  readonly indent: number;
  readonly isOrdered: boolean;
  readonly items: OpenItem[];
}

interface OpenItem {
  readonly lines: (readonly Inline[])[];
  readonly lists: OpenList[];
}

/** Lines that are indented belong to the item before them; items that are indented further make a list within it. */
function readList(lines: readonly string[], index: number): ReadBlock {
  const top = toOpenList(lines[index] ?? '');
  const open: OpenList[] = [top];
  let next = index;
  for (; next < lines.length; next += 1) {
    const line = lines[next] ?? '';
    const found = ITEM.exec(line);
    if (found === null) {
      if (!/^ {2,}\S/.test(line) || isOfAnother(line)) break;
      open.at(-1)?.items.at(-1)?.lines.push(parseInline(line.trim()));
      continue;
    }
    const wanted = toOpenList(line);
    while (open.length > 1 && wanted.indent < (open.at(-1)?.indent ?? 0)) open.pop();
    const innermost = open.at(-1) ?? top;
    const last = innermost.items.at(-1);
    const item: OpenItem = { lines: [parseInline(found[3] ?? '')], lists: [] };
    if (last && wanted.indent >= innermost.indent + 2 && open.length < MAX_LIST_DEPTH) {
      last.lists.push(wanted);
      open.push(wanted);
      wanted.items.push(item);
    } else if (innermost.isOrdered === wanted.isOrdered || open.length > 1) {
      innermost.items.push(item);
    } else break;
  }
  return { block: { kind: 'LIST', list: top }, next };
}

function toOpenList(line: string): OpenList {
  const [, indent = '', mark = ''] = ITEM.exec(line) ?? [];
  return { indent: indent.length, isOrdered: /^\d/.test(mark), items: [] };
}

const plain = (text: string): Inline => ({ text, isBold: false, isItalic: false, isCode: false, href: null });

const LINK = /\[([^[\]\n]{1,1000})\]\(([^()\s<>]{1,2000})\)/y;
const CODE = /(`{1,3})(?!`)([^`]{1,5000})\1(?!`)/y;
const BOLD = /(\*\*|__)(?=[^\s*_])([^*_\n`[\]]{0,1000}[^\s*_])\1/y;
const ITALIC = /([*_])(?=[^\s*_])([^*_\n`[\]]{0,1000}[^\s*_])\1(?![\p{L}\p{N}])/uy;
const MARKS = /[`*_[\\]/g;

/** Bold and italic do not nest: what is in them is text. */
export function parseInline(line: string): readonly Inline[] {
  const pieces: Inline[] = [];
  const add = (piece: Inline): void => {
    const last = pieces.at(-1);
    if (last && !isMarked(last) && !isMarked(piece)) {
      pieces[pieces.length - 1] = plain(last.text + piece.text);
    } else if (piece.text !== '') pieces.push(piece);
  };
  let index = 0;
  while (index < line.length) {
    MARKS.lastIndex = index;
    const next = MARKS.exec(line)?.index ?? line.length;
    if (next > index) add(plain(line.slice(index, next)));
    index = next;
    if (index >= line.length) break;
    const read = readMark(line, index);
    add(read.piece);
    index = read.next;
  }
  return pieces;
}

const isMarked = ({ isBold, isItalic, isCode, href }: Inline): boolean =>
  isBold || isItalic || isCode || href !== null;

function readMark(line: string, index: number): { readonly piece: Inline; readonly next: number } {
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = index;
    return pattern.exec(line);
  };
  const after = (found: RegExpExecArray, piece: Partial<Inline>): ReturnType<typeof readMark> => ({
    piece: { ...plain(found[2] ?? ''), ...piece },
    next: index + found[0].length,
  });
  const character = line[index] ?? '';
  const escaped = line[index + 1] ?? '';
  if (character === '\\' && /[!-/:-@[-`{-~]/.test(escaped)) return { piece: plain(escaped), next: index + 2 };
  const code = character === '`' ? match(CODE) : null;
  if (code) return after(code, { isCode: true });
  const link = character === '[' ? match(LINK) : null;
  const href = toHref(link?.[2] ?? '');
  if (link && href !== null) return after(link, { text: link[1] ?? '', href });
  // Within a word an underscore is a part of it.
  const isInWord = character === '_' && /[\p{L}\p{N}]/u.test(line[index - 1] ?? '');
  const isEmphasis = (character === '*' || character === '_') && !isInWord;
  const bold = isEmphasis ? match(BOLD) : null;
  if (bold) return after(bold, { isBold: true });
  const italic = isEmphasis ? match(ITALIC) : null;
  if (italic) return after(italic, { isItalic: true });
  return { piece: plain(character), next: index + 1 };
}

/** Null for what no browser should follow: then the link is text. */
function toHref(text: string): string | null {
  const url = URL.parse(text);
  return url !== null && ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null;
}
