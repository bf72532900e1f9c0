import { describe, expect, test } from 'vitest';
import { findAdfProblem } from '../../testkit/adf-problem.ts';
import { hostileTexts } from '../../testkit/hostile-texts.ts';
import { toText } from './adf-text.ts';
import { toAdf, type AdfNode } from './markdown-adf.ts';
import { toWiki } from './markdown-wiki.ts';

const MARKDOWN = `# Late claims #

The **clerk** checks the *claim* in \`claims_db\`,
see [the rules](https://example.com/rules?a=1&b=2).

- Over 100:
  ask Ann
  1. first
  2. then
- Else pay

> Quoted
> twice

\`\`\`sql
SELECT *
  FROM claim;
\`\`\`
---
2 * 3 * 4 = 24, snake_case_name, 5 < 6 & [not a link](javascript:alert(1))`;

const text = (value: string, ...marks: object[]): object =>
  marks.length === 0 ? { type: 'text', text: value } : { type: 'text', text: value, marks };
const paragraph = (...content: object[]): object => ({ type: 'paragraph', content });
const item = (...content: object[]): object => ({ type: 'listItem', content });
const br = { type: 'hardBreak' };

test('markdown is a document of Atlassian', () => {
  expect(toAdf(MARKDOWN)).toEqual({
    type: 'doc',
    version: 1,
    content: [
      { type: 'heading', attrs: { level: 1 }, content: [text('Late claims')] },
      paragraph(
        text('The '),
        text('clerk', { type: 'strong' }),
        text(' checks the '),
        text('claim', { type: 'em' }),
        text(' in '),
        text('claims_db', { type: 'code' }),
        text(','),
        br,
        text('see '),
        text('the rules', { type: 'link', attrs: { href: 'https://example.com/rules?a=1&b=2' } }),
        text('.'),
      ),
      {
        type: 'bulletList',
        content: [
          item(paragraph(text('Over 100:'), br, text('ask Ann')), {
            type: 'orderedList',
            content: [item(paragraph(text('first'))), item(paragraph(text('then')))],
          }),
          item(paragraph(text('Else pay'))),
        ],
      },
      { type: 'blockquote', content: [paragraph(text('Quoted'), br, text('twice'))] },
      { type: 'codeBlock', attrs: { language: 'sql' }, content: [text('SELECT *\n  FROM claim;')] },
      { type: 'rule' },
      paragraph(text('2 * 3 * 4 = 24, snake_case_name, 5 < 6 & [not a link](javascript:alert(1))')),
    ],
  });
});

test('markdown is the notation of Data Center', () => {
  expect(toWiki(MARKDOWN)).toBe(
    [
      'h1. Late claims',
      String.raw`The *clerk* checks the _claim_ in {{claims\_db}},` +
        '\nsee [the rules|https://example.com/rules?a=1&b=2].',
      '* Over 100: ask Ann\n*# first\n*# then\n* Else pay',
      '{quote}\nQuoted\ntwice\n{quote}',
      '{code:sql}\nSELECT *\n  FROM claim;\n{code}',
      '----',
      String.raw`2 \* 3 \* 4 = 24, snake\_case\_name, 5 < 6 & \[not a link\](javascript:alert(1))`,
    ].join('\n\n'),
  );
});

test.each([
  ['', []],
  ['   \n\n', []],
  ['#nothing', [paragraph(text('#nothing'))]],
  ['**open', [paragraph(text('**open'))]],
  ['`open', [paragraph(text('`open'))]],
  [String.raw`\*not\*`, [paragraph(text('*not*'))]],
  ['```\nnever closed', [{ type: 'codeBlock', content: [text('never closed')] }]],
  ['```\n```', [{ type: 'codeBlock' }]],
])('%j', (markdown, content) => {
  expect(toAdf(markdown)).toEqual({ type: 'doc', version: 1, content });
});

const PLAIN_NODES = ['doc', 'paragraph', 'text', 'hardBreak'];

function nodesOf(node: AdfNode): readonly AdfNode[] {
  return [node, ...(node.content ?? []).flatMap(nodesOf)];
}

describe('a hostile text', () => {
  // Attack: a text that Jira reads as mentions, macros, links to scripts, or that it refuses.
  test('is a document as Jira wants it, with links to pages alone', () => {
    for (const markdown of hostileTexts(5_000)) {
      const document = toAdf(markdown);

      expect(findAdfProblem(document), JSON.stringify(markdown)).toBeNull();
      for (const { marks = [] } of nodesOf(document)) {
        for (const { attrs } of marks) expect(attrs?.href ?? 'https:').toMatch(/^(?:https?|mailto):/);
      }
    }
  });

  test('loses none of its words', () => {
    for (const markdown of hostileTexts(5_000)) {
      // What is said by marks alone is no word: where links lead, and the language of code.
      const words = markdown
        .replaceAll(/\]\([^()\s<>]+\)|[`~]{3,}[^\n\r]*/g, ' ')
        .replaceAll(/^ *\d+[.)] /gm, '')
        .match(/[a-zÄ日本]{3,}/g);

      const shown = toText(toAdf(markdown));

      for (const word of words ?? []) expect(shown, JSON.stringify(markdown)).toContain(word);
    }
  });

  test('without any mark of markdown is nothing but lines of itself', () => {
    for (const hostile of hostileTexts(5_000)) {
      const markdown = hostile
        .replaceAll(/[*_`#>~[\]\\\-+\u2028]|(?!\n)\p{Cc}|\p{Cs}/gu, '')
        .replaceAll(/\d+[.)]/g, '')
        .trim();

      const document = toAdf(markdown);

      expect(
        nodesOf(document)
          .map(({ type }) => type)
          .filter((type) => !PLAIN_NODES.includes(type)),
      ).toEqual([]);
      const lines = markdown
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '');
      expect(
        toText(document)
          .split('\n')
          .filter((line) => line !== ''),
      ).toEqual(lines);
    }
  });

  // Attack: macros, mentions, images and tables of Jira's notation, which markdown knows nothing of.
  test('has no meaning in the notation of Data Center', () => {
    for (const hostile of hostileTexts(5_000)) {
      const markdown = hostile.replaceAll(/[*_`#>~\-+]|\[a\]\([^)]*\)/g, '').replaceAll(/\d+[.)]/g, '');

      const wiki = toWiki(markdown);

      const unescaped = wiki.replaceAll(/\\[^\n]/g, '§');
      expect(unescaped, JSON.stringify(markdown)).not.toMatch(
        /[{}[\]|^~\\]|![^\s]|^\s*(?:h[1-6]|bq)\.|^\s*#/m,
      );
    }
  });

  test('ends no code of Data Center', () => {
    const wiki = toWiki('```\n{code}\n{html}x{html}\n{CODE:title=x}\n```');

    expect(wiki.match(/\{code/gi)).toHaveLength(2);
    expect(wiki.endsWith('\n{code}')).toBe(true);
  });

  // Attack: a text that takes a parser longer than anybody waits.
  test.each([
    '*',
    '_',
    '`',
    '[',
    '](',
    '- ',
    '> ',
    '# ',
    ' ',
    '**a',
    '`a',
    '[a](',
    '\\',
    '\n',
    '- a\n  ',
    '{',
    'a ',
  ])('of many times %j is read as fast as it is long', (piece) => {
    const long = piece.repeat(Math.ceil(50_000 / piece.length));

    expect(findAdfProblem(toAdf(long.slice(0, 2_000)))).toBeNull();
    expect(toWiki(long).length).toBeLessThan(20 * long.length);
    expect(toText(toAdf(long)).length).toBeLessThanOrEqual(2 * long.length);
  });
});
