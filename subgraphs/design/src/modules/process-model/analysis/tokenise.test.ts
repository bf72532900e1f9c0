import { expect, test } from 'vitest';
import { tokenise } from './tokenise.ts';

test('tokens keep their exact place through odd spaces, quotes, emojis and tags', () => {
  const text = 'The\u00A0 clerk \u{1F600} signs \u201Cit\u201D.\r\n\n<b>She</b> can\u2019t wait.';

  const tokens = tokenise(text).flatMap((sentence) => sentence.tokens);

  expect(tokens.map((token) => text.slice(token.start, token.end))).toEqual([
    'The',
    'clerk',
    'signs',
    '\u201C',
    'it',
    '\u201D',
    '.',
    'She',
    'ca',
    'n\u2019t',
    'wait',
    '.',
  ]);
});

test('headings, list items and wrapped prose are told apart', () => {
  const text =
    'Handling of claims\n\nThe clerk checks\nthe claim. He signs it.\n1. Send it\n- File it\n\n# Notes\n';

  const sentences = tokenise(text).map((sentence) => [
    sentence.kind,
    text.slice(sentence.start, sentence.end),
  ]);

  expect(sentences).toEqual([
    ['HEADING', 'Handling of claims'],
    ['PROSE', 'The clerk checks\nthe claim.'],
    ['PROSE', 'He signs it.'],
    ['ITEM', 'Send it'],
    ['ITEM', 'File it'],
    ['HEADING', 'Notes'],
  ]);
});
