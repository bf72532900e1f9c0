/** What is found in short texts of our own, none of them from the corpus. */
import { describe, expect, test } from 'vitest';
import { findMentions } from './mentions.ts';
import { tokenise } from './tokenise.ts';

const mentions = (text: string): readonly string[] =>
  findMentions(tokenise(text)).flatMap(({ sentence, mentions: found }) =>
    found.map(
      ({ type, first, end }) =>
        `${type} ${text.slice(sentence.tokens[first]?.start, sentence.tokens[end - 1]?.end)}`,
    ),
  );

describe('sentences', () => {
  test.each([
    [
      'The clerk sends the invoice to the customer.',
      ['ACTOR The clerk', 'ACTIVITY sends', 'ACTIVITY_DATA the invoice', 'ACTOR the customer'],
    ],
    [
      'If the claim is late, the adjuster rejects it.',
      [
        'XOR_GATEWAY If',
        'CONDITION the claim is late',
        'ACTOR the adjuster',
        'ACTIVITY rejects',
        'ACTIVITY_DATA it',
      ],
    ],
    [
      'We enrich the lead and score it.',
      ['ACTOR We', 'ACTIVITY enrich', 'ACTIVITY_DATA the lead', 'ACTIVITY score', 'ACTIVITY_DATA it'],
    ],
    [
      'If the error rate exceeds 5%, roll back the release.',
      [
        'XOR_GATEWAY If',
        'CONDITION the error rate exceeds 5%',
        'ACTIVITY roll back',
        'ACTIVITY_DATA the release',
      ],
    ],
    [
      '1. Open a channel and invite the on-call engineer.\n2. Check the dashboard.',
      [
        'ACTIVITY Open',
        'ACTIVITY_DATA a channel',
        'ACTIVITY invite',
        'ACTOR the on-call engineer',
        'ACTIVITY Check',
        'ACTIVITY_DATA the dashboard',
      ],
    ],
    [
      'The adjuster approves or rejects the claim.',
      [
        'ACTOR The adjuster',
        'ACTIVITY approves',
        'XOR_GATEWAY or',
        'ACTIVITY rejects',
        'ACTIVITY_DATA the claim',
      ],
    ],
  ])('%s', (text, expected) => {
    expect(mentions(text)).toEqual(expected);
  });

  test('what is not done is no activity', () => {
    expect(
      mentions('The clerk does not sign the form.').filter((one) => one.startsWith('ACTIVITY ')),
    ).toEqual([]);
  });

  test('a heading has no mentions', () => {
    expect(mentions('# Check the invoice\n\nThe clerk signs it.')).toEqual([
      'ACTOR The clerk',
      'ACTIVITY signs',
      'ACTIVITY_DATA it',
    ]);
  });
});

test('the same text always has the same mentions, in text order and without overlaps', () => {
  const text =
    'When an order arrives, the bot checks the stock. If goods are missing, the planner orders them; otherwise the warehouse packs the parcel and the courier ships it to the customer.';
  const tagged = findMentions(tokenise(text));

  expect(findMentions(tokenise(text))).toEqual(tagged);
  for (const { sentence, mentions: found } of tagged)
    found.forEach(({ first, end }, index) => {
      expect(first).toBeGreaterThanOrEqual(found[index - 1]?.end ?? 0);
      expect(end).toBeLessThanOrEqual(sentence.tokens.length);
      expect(end).toBeGreaterThan(first);
    });
});
