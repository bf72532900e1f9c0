/** Relations from mentions alone, so that they hold for whatever finds the mentions. */
import { describe, expect, test } from 'vitest';
import type { Mention, MentionType, TaggedSentence } from '../mentions.ts';
import type { Token } from '../tokenise.ts';
import { findRelations } from './find-relations.ts';

const TYPES: Readonly<Record<string, MentionType>> = {
  A: 'ACTIVITY',
  D: 'ACTIVITY_DATA',
  R: 'ACTOR',
  F: 'FURTHER_SPECIFICATION',
  X: 'XOR_GATEWAY',
  '&': 'AND_GATEWAY',
  C: 'CONDITION',
};

/** Reads `[R the clerk] [A checks] it`. */
const tagged = (marked: string): TaggedSentence => {
  const tokens: Token[] = [];
  const mentions: Mention[] = [];
  for (const part of marked.match(/\[[^\]]+\]|\S+/gu) ?? []) {
    const isMention = part.startsWith('[') && part.length > 1;
    const words = (isMention ? part.slice(3, -1) : part).split(' ');
    const type = isMention ? TYPES[part.charAt(1)] : undefined;
    if (type !== undefined) mentions.push({ type, first: tokens.length, end: tokens.length + words.length });
    for (const word of words) {
      const start = tokens.length;
      tokens.push({
        text: word,
        lower: word.toLowerCase(),
        lemma: word.toLowerCase(),
        pos: 'X',
        start,
        end: start + 1,
      });
    }
  }
  return { sentence: { kind: 'PROSE', start: 0, end: tokens.length, tokens }, mentions };
};

const NAMES = {
  FLOW: 'then',
  USES: 'uses',
  ACTOR_PERFORMER: 'by',
  ACTOR_RECIPIENT: 'to',
  FURTHER_SPECIFICATION: 'how',
  SAME_GATEWAY: 'same',
} as const;

const relations = (
  sentences: readonly string[],
  types: readonly (keyof typeof NAMES)[],
): readonly string[] => {
  const texts = sentences.map(tagged);
  const words = ({ sentence, first, end }: { sentence: number; first: number; end: number }): string =>
    (texts[sentence]?.sentence.tokens ?? [])
      .slice(first, end)
      .map((token) => token.text)
      .join(' ');
  return findRelations(texts)
    .filter(({ type }) => types.includes(type))
    .map(({ type, source, target }) => `${words(source)} ${NAMES[type]} ${words(target)}`);
};

const PEOPLE = ['ACTOR_PERFORMER', 'ACTOR_RECIPIENT', 'USES', 'FURTHER_SPECIFICATION'] as const;
const ORDER = ['FLOW', 'SAME_GATEWAY'] as const;

describe('who, for whom, on what and how', () => {
  test.each<readonly [string, readonly string[]]>([
    [
      '[R the clerk] [A sends] [D the form] to [R the customer] [F by email]',
      ['sends by the clerk', 'sends to the customer', 'sends uses the form', 'sends how by email'],
    ],
    ['[D the form] is [A signed] by [R the manager]', ['signed by the manager', 'signed uses the form']],
    [
      '[R the customer] is [A informed] of [D the outcome]',
      ['informed to the customer', 'informed uses the outcome'],
    ],
    [
      '[R the office] [A receives] [D an order] from [R the customer]',
      ['receives by the customer', 'receives to the office', 'receives uses an order'],
    ],
    [
      '[R the kitchen] and [R the waiter] [A prepare] [D their tasks]',
      ['prepare by the kitchen', 'prepare by the waiter', 'prepare uses their tasks'],
    ],
    [
      '[R he] [A opens] and [A sorts] [D the mail]',
      ['opens by he', 'opens uses the mail', 'sorts by he', 'sorts uses the mail'],
    ],
    [
      '[R he] [A signs] [D the form] and [D the copy] is [A filed]',
      ['signs by he', 'signs uses the form', 'filed by he', 'filed uses the copy'],
    ],
    [
      '[R he] [A informs] [R the user] and [A closes] [D the case]',
      ['informs by he', 'informs to the user', 'closes by he', 'closes uses the case'],
    ],
  ])('%s', (sentence, expected) => {
    expect(relations([sentence], PEOPLE)).toEqual(expected);
  });

  test('who worked last works on, but no customer, no software and nobody named in passing', () => {
    const filed = (first: string): readonly string[] =>
      relations([first, '[D the form] is [A filed]'], ['ACTOR_PERFORMER']).filter((found) =>
        found.startsWith('filed'),
      );

    expect(filed('[R the clerk] [A checks] [D it]')).toEqual(['filed by the clerk']);
    expect(filed('[R the clerk] [A hands] [D it] to [R the boss]')).toEqual(['filed by the boss']);
    expect(filed('[R the customer] [A signs] [D it]')).toEqual([]);
    expect(filed('[R the system] [A stores] [D it]')).toEqual([]);
    expect(filed('[R an employee] [A brings] [D it]')).toEqual([]);
  });
});

describe('the order of work', () => {
  test.each<readonly [string, readonly string[], readonly string[]]>([
    [
      'a decision with two sides',
      [
        '[R he] [A checks] [D it] .',
        '[X If] [C it is late] , [R he] [A calls] .',
        '[X Otherwise] [R he] [A pays] .',
        '[R he] [A files] [D it] .',
      ],
      [
        'checks then If',
        'If then it is late',
        'it is late then calls',
        'Otherwise then pays',
        'calls then files',
        'pays then files',
        'If same Otherwise',
      ],
    ],
    [
      'a decision with one side',
      ['[X If] [C it is late] , [R he] [A calls] .', '[R he] [A files] [D it] .'],
      ['If then it is late', 'it is late then calls', 'calls then files', 'If then files'],
    ],
    [
      'a refusal among choices ends the case',
      ['[R he] [A accepts] [X or] [A rejects] [D it] .', '[R he] [A files] [D it] .'],
      ['or then accepts', 'or then rejects', 'accepts then files'],
    ],
    [
      'a condition behind what it governs',
      ['[R he] [A checks] [D it] .', '[R he] [A calls] [X if] [C it is late] .'],
      ['checks then if', 'if then it is late', 'it is late then calls'],
    ],
    [
      'a condition on what the branch before has made is no alternative to it',
      [
        '[X If] [C the case is new] , [R he] [A selects] [D a vendor] .',
        '[X If] [C the vendor is unknown] , [R he] [A calls] .',
      ],
      [
        'If then the case is new',
        'the case is new then selects',
        'selects then If',
        'If then If',
        'If then the vendor is unknown',
        'the vendor is unknown then calls',
      ],
    ],
    [
      'work side by side with what the same actor did right before',
      [
        '[R he] [A opens] [D it] .',
        '[R she] [A checks] and [A signs] [D it] .',
        '[& Meanwhile] [R he] [A calls] .',
      ],
      ['opens then Meanwhile', 'Meanwhile then checks', 'checks then signs', 'Meanwhile then calls'],
    ],
    [
      'what is told after `after` is done before',
      ['[R he] [A reviews] [D it] after [A receiving] [D the copy] .'],
      ['receiving then reviews'],
    ],
    [
      'the process continues on one side only',
      [
        '[X If] [C it is fine] , the process continues , [X otherwise] [R she] [A leaves] .',
        '[R he] [A files] [D it] .',
      ],
      ['If then it is fine', 'otherwise then leaves', 'it is fine then files', 'If same otherwise'],
    ],
  ])('%s', (_name, sentences, expected) => {
    expect(relations(sentences, ORDER)).toEqual(expected);
  });
});
