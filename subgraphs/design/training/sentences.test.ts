import { expect, test } from 'vitest';
import type { Document } from './corpus.ts';
import { toSentences } from './sentences.ts';

const documentOf = (...sentences: readonly (readonly string[])[]): Document => ({
  id: 'doc-1',
  sentences: sentences.map((tokens) => ({ tokens, mentions: [] })),
  relations: [],
});

test('tokens keep their number and point into natural text', () => {
  const words = [
    ['The', 'clerk', "'s", 'form', '(', 'if', 'any', ')', ',', 'is', 'signed', '.'],
    ['She', 'files', 'it', '.'],
  ];
  const { text, sentences } = toSentences(documentOf(...words));

  expect(text).toBe("The clerk's form (if any), is signed. She files it.");
  expect(sentences.map(({ tokens }) => tokens.map((token) => text.slice(token.start, token.end)))).toEqual(
    words,
  );
  expect(sentences.map(({ start, end }) => text.slice(start, end))).toEqual([
    "The clerk's form (if any), is signed.",
    'She files it.',
  ]);
});

test('a token that the analyser cuts in two keeps its place and a part of speech', () => {
  const [sentence] = toSentences(documentOf(['They', "don't", 'sign', 'a/b', '.'])).sentences;

  expect(sentence?.tokens.map(({ text }) => text)).toEqual(['They', "don't", 'sign', 'a/b', '.']);
  expect(sentence?.tokens.map(({ pos }) => pos)).not.toContain('X');
});
