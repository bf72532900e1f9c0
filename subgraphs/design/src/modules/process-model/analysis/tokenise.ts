/** Sentences and tokens with their exact place in the text. */
import winkModel from 'wink-eng-lite-web-model';
import winkNLP from 'wink-nlp';
import type { ItsFunction, PartOfSpeech } from 'wink-nlp';

export interface Token {
  readonly text: string;
  readonly lower: string;
  readonly lemma: string;
  readonly pos: PartOfSpeech;
  /** UTF-16 offsets in the whole text. */
  readonly start: number;
  readonly end: number;
}

export interface Sentence {
  readonly kind: 'PROSE' | 'ITEM' | 'HEADING';
  readonly start: number;
  readonly end: number;
  readonly tokens: readonly Token[];
}

interface Block {
  readonly kind: Sentence['kind'];
  readonly start: number;
  readonly end: number;
}

// The tagger's own tokeniser needs quadratic time on one long run without spaces.
const LONGEST_RUN = 100;
// No real sentence is longer; work on one sentence may grow with the square of its length.
const LONGEST_SENTENCE = 300;
const LIST_MARK =
  /^[ ]*(?:[-*+\u2022\u25AA\u25CF\u2023\u00B7\u2013\u2014]+[ ]+|\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)][ ]+|step \d{1,3}[:.)-]?[ ]+|#{1,6}[ ]+|>[ ]+)/iu;
const TERMINAL = /[.!?:;…]["')\]]*$/u;

type Nlp = ReturnType<typeof winkNLP>;
let loaded: Nlp | undefined;
// Loading the immutable model takes over 100 ms, so it is done once, on first use.
const tagger = (): Nlp => (loaded ??= winkNLP(winkModel, ['sbd', 'pos']));

/** Same length as the source, so that offsets stay valid: odd spaces and emojis become spaces, typographic quotes plain ones, endless runs blanks. */
export const toPlain = (text: string): string =>
  text
    .replaceAll(/[\s\p{Cc}\u200B-\u200D\u2060\uFEFF\u00AD]/gu, (space) => (space === '\n' ? '\n' : ' '))
    .replaceAll(/[\u2018\u2019\u02BC]/gu, "'")
    .replaceAll(/[\u201C\u201D\u00AB\u00BB]/gu, '"')
    .replaceAll(/[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\uFE0F]/gu, (sign) =>
      ' '.repeat(sign.length),
    )
    .replaceAll(/<\/?[a-z][^<>\n]{0,200}>/giu, (tag) => ' '.repeat(tag.length))
    .replaceAll(/[^\s]+/gu, (run) => (run.length > LONGEST_RUN ? ' '.repeat(run.length) : run));

const isHeading = (line: string): boolean => {
  const trimmed = line.trim();
  if (trimmed === '' || trimmed.length > 80) return false;
  if (trimmed.endsWith(':')) return trimmed.split(' ').length <= 6 && !/\b(?:if|when|then)\b/iu.test(trimmed);
  return !TERMINAL.test(trimmed) && !trimmed.endsWith(',') && trimmed.split(' ').length <= 8;
};

interface Line {
  readonly text: string;
  readonly start: number;
  readonly mark: number;
  readonly isMarkdownHeading: boolean;
}

const linesOf = (plain: string): readonly Line[] => {
  let start = 0;
  return plain.split('\n').map((text) => {
    const mark = LIST_MARK.exec(text)?.[0] ?? '';
    const line = { text, start, mark: mark.length, isMarkdownHeading: mark.trimStart().startsWith('#') };
    start += text.length + 1;
    return line;
  });
};

/** Lines that belong together: list items and headings stand alone, wrapped prose is joined. */
const blocksOf = (plain: string): readonly Block[] => {
  const blocks: Block[] = [];
  const lines = linesOf(plain);
  let open: { kind: Sentence['kind']; start: number; end: number } | null = null;
  const close = (): void => {
    if (open !== null) blocks.push(open);
    open = null;
  };
  lines.forEach((line, index) => {
    const end = line.start + line.text.length;
    if (line.text.trim() === '') return close();
    if (line.mark > 0) {
      close();
      open = { kind: line.isMarkdownHeading ? 'HEADING' : 'ITEM', start: line.start + line.mark, end };
      if (line.isMarkdownHeading) close();
      return;
    }
    const next = lines[index + 1];
    const standsAlone =
      next === undefined || next.text.trim() === '' || next.mark > 0 || TERMINAL.test(line.text.trim());
    if (open === null && standsAlone && isHeading(line.text) && lines.length > 1) {
      blocks.push({ kind: 'HEADING', start: line.start, end });
      return;
    }
    const current: { kind: Sentence['kind']; start: number; end: number } = open ?? {
      kind: 'PROSE',
      start: line.start,
      end,
    };
    current.end = end;
    open = current;
  });
  close();
  return blocks;
};

// The library's own declaration of `its.lemma` does not fit its declaration of `out`.
const isTokenFunction = (value: unknown): value is ItsFunction<string> => typeof value === 'function';

const toSentence = (kind: Sentence['kind'], tokens: readonly Token[]): Sentence | null => {
  const first = tokens[0];
  const last = tokens.at(-1);
  return first === undefined || last === undefined
    ? null
    : { kind, start: first.start, end: last.end, tokens };
};

const sentencesOf = (plain: string, block: Block): readonly Sentence[] => {
  const { its, readDoc } = tagger();
  const source = plain.slice(block.start, block.end).replaceAll('\n', ' ');
  const document = readDoc(source);
  const values = document.tokens().out(its.value);
  const parts = document.tokens().out(its.pos);
  const lemma: unknown = its.lemma;
  const lemmas = isTokenFunction(lemma) ? document.tokens().out(lemma) : [];
  const ends = new Set(
    document
      .sentences()
      .out(its.span)
      .map((span) => (Array.isArray(span) ? span[1] : undefined)),
  );
  const sentences: Sentence[] = [];
  let tokens: Token[] = [];
  let at = 0;
  values.forEach((value, index) => {
    const found = source.indexOf(value, at);
    if (found >= 0 && value.trim() !== '') {
      at = found + value.length;
      const lower = value.toLowerCase();
      const pos = toPartOfSpeech(parts[index]);
      tokens.push({
        text: value,
        lower,
        lemma: lemmas[index] ?? lower,
        pos,
        start: block.start + found,
        end: block.start + at,
      });
    }
    if (ends.has(index) || tokens.length >= LONGEST_SENTENCE) {
      const sentence = toSentence(block.kind, tokens);
      if (sentence !== null) sentences.push(sentence);
      tokens = [];
    }
  });
  const rest = toSentence(block.kind, tokens);
  return rest === null ? sentences : [...sentences, rest];
};

const PARTS: ReadonlySet<string> = new Set(
  'ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X SPACE'.split(' '),
);
const isPartOfSpeech = (value: string): value is PartOfSpeech => PARTS.has(value);
const toPartOfSpeech = (value: string | undefined): PartOfSpeech =>
  value !== undefined && isPartOfSpeech(value) ? value : 'X';

export const tokenise = (text: string): readonly Sentence[] => {
  const plain = toPlain(text);
  return blocksOf(plain).flatMap((block) => sentencesOf(plain, block));
};
