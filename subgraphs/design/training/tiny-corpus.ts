/** A few annotated sentences of our own, enough to learn from in a test. */
import type { Document } from './corpus.ts';
import type { MentionType } from '../src/modules/process-model/analysis/mentions.ts';

type Part = readonly [words: string, type?: MentionType];

const documentOf = (id: string, ...sentences: readonly (readonly Part[])[]): Document => ({
  id,
  relations: [],
  sentences: sentences.map((parts) => {
    const tokens: string[] = [];
    const mentions = parts.flatMap(([words, type]) => {
      const first = tokens.length;
      tokens.push(...words.split(' '));
      return type === undefined ? [] : [{ type, first, end: tokens.length }];
    });
    return { tokens, mentions };
  }),
});

const act = (actor: string, verb: string, data: string): readonly Part[] => [
  [actor, 'ACTOR'],
  [verb, 'ACTIVITY'],
  [data, 'ACTIVITY_DATA'],
  ['.'],
];

export const TINY_CORPUS: readonly Document[] = [
  documentOf('tiny-1', act('The clerk', 'signs', 'the form'), act('The manager', 'checks', 'the form')),
  documentOf('tiny-2', act('A cook', 'bakes', 'the bread'), [
    ['If', 'XOR_GATEWAY'],
    ['the bread is burnt', 'CONDITION'],
    [','],
    ...act('the cook', 'bakes', 'another bread'),
  ]),
  documentOf('tiny-3', act('The pilot', 'reads', 'the list'), [
    ['If', 'XOR_GATEWAY'],
    ['the list is complete', 'CONDITION'],
    [','],
    ...act('the pilot', 'signs', 'the list'),
  ]),
];
