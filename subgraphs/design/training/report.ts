/** Scores as plain tables. */
import type { MentionScores, Score } from './mention-scores.ts';
import type { RelationScores } from './relations/score-relations.ts';

const WIDTHS = [24, 8, 8, 8, 8, 8, 8] as const;

const row = (...cells: readonly (string | number)[]): string =>
  cells
    .map((cell, index) => {
      const text =
        typeof cell === 'number' ? (Number.isInteger(cell) ? String(cell) : cell.toFixed(3)) : cell;
      return index === 0 ? text.padEnd(WIDTHS[0]) : text.padStart(WIDTHS[index] ?? 8);
    })
    .join('');

const HEADINGS = ['precision', 'recall', 'F1', 'right', 'found', 'gold'] as const;

const fixed = (value: number): string => value.toFixed(3);

const scoreRow = (name: string, score: Score): string =>
  row(
    name,
    fixed(score.precision),
    fixed(score.recall),
    fixed(score.f1),
    score.right,
    score.found,
    score.gold,
  );

export const mentionTable = ({ all, byType }: MentionScores): string =>
  [
    row('mention', ...HEADINGS),
    ...byType.map((score) => scoreRow(score.type, score)),
    scoreRow('all', all),
  ].join('\n');

export const relationTable = ({ all, byType }: RelationScores): string =>
  [
    row('relation, gold mentions', ...HEADINGS),
    ...byType.map((score) => scoreRow(score.type, score)),
    scoreRow('all', all),
  ].join('\n');

export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

/** Mean and standard deviation of a sample. */
export const spreadOf = (values: readonly number[]): Spread => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)) };
};
