/** The text of a PDF: no scripts, no fonts, no pictures. */
import { getDocumentProxy } from 'unpdf';
import { DocumentError } from '../../../adapters/document-reader.ts';
import { MAX_SOURCE_CHARACTERS } from '../design-context.ts';
import { joinLines, type PageItem } from './pdf-lines.ts';
import type { ReadText } from './read-docx.ts';

const MAX_PAGES = 500;
const MAX_NAMED_PAGES = 10;
/** Enough to say that the text is too long. */
const ENOUGH_CHARACTERS = 2 * MAX_SOURCE_CHARACTERS;
const ERRORS_ONLY = 0;

type PdfDocument = Awaited<ReturnType<typeof getDocumentProxy>>;

/** @throws DocumentError, or what the library throws at a broken document. */
export async function readPdf(content: Uint8Array): Promise<ReadText> {
  const document = await open(content);
  const { numPages } = document;
  if (numPages > MAX_PAGES) {
    throw new DocumentError(
      'TOO_MANY_PAGES',
      `The PDF has ${numPages.toLocaleString('en')} pages, and at most ${MAX_PAGES} are read. Send only those that describe the process.`,
    );
  }
  const pages: string[] = [];
  let length = 0;
  for (let number = 1; number <= numPages && length < ENOUGH_CHARACTERS; number += 1) {
    const text = await readPage(document, number);
    pages.push(text);
    length += text.length;
  }
  const empty = pages.flatMap((text, index) => (text.trim() === '' ? [index + 1] : []));
  if (empty.length === pages.length) {
    throw new DocumentError(
      'NO_TEXT',
      'The PDF holds no text: its pages are probably scanned pictures. Send a PDF that was made from text, or run text recognition (OCR) first.',
    );
  }
  return { text: pages.join('\n\n'), warnings: empty.length === 0 ? [] : [withoutText(empty)] };
}

async function open(content: Uint8Array): Promise<PdfDocument> {
  try {
    return await getDocumentProxy(Uint8Array.from(content), {
      verbosity: ERRORS_ONLY,
      disableFontFace: true,
      useSystemFonts: false,
      enableXfa: false,
      stopAtErrors: false,
    });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'PasswordException') throw error;
    throw new DocumentError('ENCRYPTED', 'The PDF is encrypted. Save it without a password.', error);
  }
}

async function readPage(document: PdfDocument, number: number): Promise<string> {
  const page = await document.getPage(number);
  const { items } = await page.getTextContent();
  page.cleanup();
  return joinLines(
    items.flatMap((item): PageItem[] => {
      if (!('str' in item)) return [];
      const y: unknown = item.transform[5];
      return [
        { text: item.str, endsLine: item.hasEOL, y: typeof y === 'number' ? y : 0, height: item.height },
      ];
    }),
  );
}

function withoutText(pages: readonly number[]): string {
  const named = pages.slice(0, MAX_NAMED_PAGES).join(', ');
  const more = pages.length > MAX_NAMED_PAGES ? ', …' : '';
  const what = pages.length === 1 ? `Page ${named} holds` : `Pages ${named}${more} hold`;
  return `${what} no text; pictures are not read.`;
}
