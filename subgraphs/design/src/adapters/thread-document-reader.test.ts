import { deflateSync } from 'node:zlib';
import { strToU8 } from 'fflate';
import { expect, test } from 'vitest';
import { CLAIM_DIAGRAM, makeBpmn, makeDocx, makePdf } from '../testkit/documents.ts';
import { createThreadDocumentReader } from './thread-document-reader.ts';

const never = new AbortController().signal;
const MEGABYTE = 1024 * 1024;

test('documents of every kind come back from their threads', async () => {
  await using reader = createThreadDocumentReader();
  const read = (name: string, content: Uint8Array) => reader.read({ name, content }, never);

  const readings = await Promise.all([
    read('a.txt', strToU8('The clerk pays.')),
    read('a.docx', makeDocx(['The clerk pays.'])),
    read('a.pdf', makePdf([['The clerk pays.']])),
    read('a.bpmn', makeBpmn(CLAIM_DIAGRAM)),
  ]);

  expect(readings.map(({ kind, model }) => [kind, model?.activities.length ?? null])).toEqual([
    ['TEXT', null],
    ['DOCX', null],
    ['PDF', null],
    ['BPMN', 3],
  ]);
});

test('the reason why a document is refused comes back, and a broken one is said to be damaged', async () => {
  await using reader = createThreadDocumentReader();
  const read = (content: Uint8Array) => reader.read({ name: 'a.pdf', content }, never);

  await expect(read(new Uint8Array())).rejects.toMatchObject({ problem: 'EMPTY_FILE' });
  await expect(read(makePdf([['a']]).subarray(0, 100))).rejects.toMatchObject({ problem: 'DAMAGED' });
});

/** Hundreds of megabytes of zeros as a page, deflated twice: a few kilobytes. */
function makePdfBomb(): Uint8Array {
  const bytes = deflateSync(deflateSync(new Uint8Array(150 * MEGABYTE)));
  return makePdf([], { contents: [{ dictionary: '/Filter [/FlateDecode /FlateDecode]', bytes }] });
}

// Attack: a PDF whose content unpacks to more than the machine has. The next document is read as if nothing had been.
test('a document that needs too much memory is given up, and takes nothing else with it', async () => {
  await using reader = createThreadDocumentReader({ memoryMb: 96 });

  const bomb = reader.read({ name: 'a.pdf', content: makePdfBomb() }, never);
  const innocent = reader.read({ name: 'a.txt', content: strToU8('The clerk pays.') }, never);

  await expect(bomb).rejects.toMatchObject({ problem: 'TOO_MUCH_MEMORY' });
  expect(await innocent).toMatchObject({ text: 'The clerk pays.' });
});

// Attack: a file that keeps a reader busy for ever. The limit is shorter than a thread needs to start.
test('a document that takes too long is given up', async () => {
  await using reader = createThreadDocumentReader({ limitMs: 1 });

  await expect(reader.read({ name: 'a.pdf', content: makePdf([['a']]) }, never)).rejects.toMatchObject({
    problem: 'TOO_SLOW',
  });
});

test('what nobody waits for any more is not read', async () => {
  await using reader = createThreadDocumentReader({ threads: 1 });
  const leaving = new AbortController();
  const content = strToU8('The clerk pays.');

  const first = reader.read({ name: 'a.txt', content }, leaving.signal);
  const waiting = reader.read({ name: 'a.txt', content }, leaving.signal);
  leaving.abort(new Error('gone'));
  const answers = await Promise.allSettled([first, waiting]);

  expect(answers).toMatchObject([{ reason: { message: 'gone' } }, { reason: { message: 'gone' } }]);
  expect(await reader.read({ name: 'a.txt', content }, never)).toMatchObject({ kind: 'TEXT' });
});

test('more documents than may wait are refused at once', async () => {
  await using reader = createThreadDocumentReader({ threads: 1, waiting: 1 });
  const read = () => reader.read({ name: 'a.txt', content: strToU8('The clerk pays.') }, never);

  const answers = await Promise.allSettled([read(), read(), read()]);

  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  expect(answers[2]).toMatchObject({ reason: { problem: 'TOO_BUSY' } });
});
