/** What a segment of words can be, and how long. */
import type { MentionType } from '../mentions.ts';

/** The order is part of the weights file. */
export const LABELS = [
  'ACTIVITY',
  'ACTIVITY_DATA',
  'ACTOR',
  'FURTHER_SPECIFICATION',
  'XOR_GATEWAY',
  'AND_GATEWAY',
  'CONDITION',
] as const satisfies readonly MentionType[];
export type Label = (typeof LABELS)[number];

/** Longer mentions are too rare to be learnt; the work per word grows with these numbers. */
const MAX_WORDS: Readonly<Record<Label, number>> = {
  ACTIVITY: 4,
  ACTIVITY_DATA: 16,
  ACTOR: 8,
  FURTHER_SPECIFICATION: 16,
  XOR_GATEWAY: 5,
  AND_GATEWAY: 5,
  CONDITION: 20,
};

export const LABEL_COUNT = LABELS.length;
export const maxWords = (label: number): number => MAX_WORDS[LABELS[label] ?? 'ACTIVITY'];
export const LONGEST_SEGMENT = Math.max(...Object.values(MAX_WORDS));
