import { expect, test } from 'vitest';
import { fillTemplate, findUnknownName } from './template.ts';

test('values are put in as they are, and what they contain is not read again', () => {
  const values = new Map([
    ['item.title', 'Give me {{item.key}} and $& and ${x}'],
    ['item.key', 'A-1'],
  ]);

  expect(fillTemplate('{{ item.key }}: {{item.title}} {{item.body}}.', values, 100)).toBe(
    'A-1: Give me {{item.key}} and $& and ${x} .',
  );
});

test('a text is cut off at its longest, and stays text', () => {
  expect(fillTemplate('{{a}}', new Map([['a', 'x😀y']]), 2)).toBe('x\uFFFD');
});

test('a name that nothing has is found', () => {
  expect(findUnknownName('{{item.key}} {{constructor}}', ['item.key'])).toBe('constructor');
  expect(findUnknownName('{{item.key}} { {', ['item.key'])).toBeNull();
});
