import { expect, test } from 'vitest';
import { toText } from './adf-text.ts';

const paragraph = (...content: object[]): object => ({ type: 'paragraph', content });
const words = (text: string): object => ({ type: 'text', text });

test('a document is read as lines', () => {
  const mention = { type: 'mention', attrs: { id: '1', text: '@Ann' } };
  const item = { type: 'listItem', content: [paragraph(words('Over 100: ask '), mention)] };

  const text = toText({
    type: 'doc',
    version: 1,
    content: [
      paragraph(words('The clerk '), { ...words('checks'), marks: [{ type: 'strong' }] }, words(' it.')),
      { type: 'bulletList', content: [item] },
      paragraph(words('Then'), { type: 'hardBreak' }, words('pay.')),
    ],
  });

  expect(text).toBe('The clerk checks it.\n- Over 100: ask @Ann\n\nThen\npay.');
  expect([toText(null), toText('x'), toText({ type: 'doc' })]).toEqual(['', 'x', '']);
});

// Attack: a document so deep that a function that calls itself would end the process.
test('a document of any depth is read', () => {
  let document: unknown = words('deep');
  for (let depth = 0; depth < 10_000; depth += 1) document = { type: 'blockquote', content: [document] };

  expect(toText(document)).toBe('deep');
});
