/** What is analysed: the description, and after it the texts of files and items, each with its place. */
import type { ProcessModel } from '../process-model/process-model.ts';
import { MAX_SOURCE_CHARACTERS } from './design-context.ts';
import { shiftModel } from './shift-model.ts';

export interface SourcePart {
  readonly kind: 'DESCRIPTION' | 'FILE' | 'ITEM';
  /** `Description`, the name of a file, the key of an item. */
  readonly name: string;
  readonly text: string;
  /** What the text was written from, when that was a process already. */
  readonly model: ProcessModel | null;
}

/** Where a part stands in the source text: UTF-16 code units, `end` exclusive. */
export interface SourceRange {
  readonly kind: SourcePart['kind'];
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export interface SourceText {
  readonly sourceText: string;
  readonly sources: readonly SourceRange[];
  readonly model: ProcessModel | null;
}

const BETWEEN = '\n\n';

/** Joins the parts, the description first. The caller has checked their length. */
export function joinSources(parts: readonly SourcePart[]): SourceText {
  let sourceText = '';
  const sources = parts.map(({ kind, name, text }, index): SourceRange => {
    if (index > 0) sourceText += BETWEEN;
    const start = sourceText.length;
    sourceText += text;
    return { kind, name, start, end: sourceText.length };
  });
  return { sourceText, sources, model: findOnlyModel(parts, sources) };
}

/**
 * A diagram says more exactly than any reading of text what the process is, but it is the whole process only when nothing
 * but the description stands beside it: one BPMN file, no other file, no item.
 */
function findOnlyModel(parts: readonly SourcePart[], sources: readonly SourceRange[]): ProcessModel | null {
  const given = parts.flatMap((part, index) => (part.kind === 'DESCRIPTION' ? [] : [{ part, index }]));
  const [only, ...others] = given;
  if (only === undefined || only.part.model === null || others.length > 0) return null;
  return shiftModel(only.part.model, sources[only.index]?.start ?? 0);
}

/** The length of everything together, blank lines included. */
export function lengthOf(lengths: readonly number[]): number {
  return lengths.reduce((sum, length) => sum + length, BETWEEN.length * Math.max(0, lengths.length - 1));
}

export interface PartLength {
  /** `the description`, `"handbook.docx"`. */
  readonly name: string;
  readonly length: number;
}

/** Says how long everything is, and which part is how long; null when it is not too long. */
export function findTooLong(parts: readonly PartLength[]): string | null {
  const total = lengthOf(parts.map(({ length }) => length));
  if (total <= MAX_SOURCE_CHARACTERS) return null;
  const list = parts
    .toSorted((one, other) => other.length - one.length)
    .map(({ name, length }) => `${name} has ${write(length)}`);
  return (
    `Everything together has ${write(total)} characters, and at most ${write(MAX_SOURCE_CHARACTERS)} can be considered: ` +
    `${list.join(', ')}. Leave something out, or shorten it.`
  );
}

const write = (number: number): string => number.toLocaleString('en');
