/** The lines of a page as paragraphs: a sentence that was broken to fit the page is one sentence again. */

export interface PageItem {
  readonly text: string;
  readonly endsLine: boolean;
  /** Distance from the foot of the page. */
  readonly y: number;
  readonly height: number;
}

interface Line {
  readonly text: string;
  readonly y: number;
  readonly height: number;
}

/** A gap of more than so many line heights is a new paragraph. */
const PARAGRAPH_GAP = 1.7;
const LIST_MARK = /^(?:[•◦▪‣·–—*-]|\d{1,3}[.)]|[a-z][.)])\s/i;

export function joinLines(items: readonly PageItem[]): string {
  const [first, ...others] = toLines(items);
  if (first === undefined) return '';
  let text = first.text;
  let previous = first;
  for (const line of others) {
    text = append(text, line, previous);
    previous = line;
  }
  return text;
}

function append(text: string, line: Line, previous: Line): string {
  if (previous.y - line.y > PARAGRAPH_GAP * Math.max(previous.height, 1) || line.y > previous.y) {
    return `${text}\n\n${line.text}`;
  }
  if (LIST_MARK.test(line.text)) return `${text}\n${line.text}`;
  // A word that was divided at the end of the line.
  if (/\p{Ll}-$/u.test(text) && /^\p{Ll}/u.test(line.text)) return `${text.slice(0, -1)}${line.text}`;
  return `${text} ${line.text}`;
}

function toLines(items: readonly PageItem[]): readonly Line[] {
  const lines: Line[] = [];
  let open: PageItem[] = [];
  const close = (): void => {
    const text = open
      .map((item) => item.text)
      .join('')
      .trim();
    const [first] = open;
    if (text !== '' && first !== undefined) {
      lines.push({ text, y: first.y, height: Math.max(...open.map(({ height }) => height)) });
    }
    open = [];
  };
  for (const item of items) {
    open.push(item);
    if (item.endsLine) close();
  }
  close();
  return lines;
}
