/** Finds out what a file is by its content, and reads its text. Runs in a thread of its own. */
import { DocumentError, type DocumentToRead } from '../../../adapters/document-reader.ts';
import { cleanText } from '../clean-text.ts';
import { MAX_SOURCE_CHARACTERS } from '../design-context.ts';
import type { UploadReading } from '../upload.ts';
import { detectFormat, type Format } from './detect-format.ts';
import { endingOf, findOtherEnding } from './name-ending.ts';

const WORD = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

/** @throws DocumentError, or whatever a library throws at a broken file. */
export async function readDocument({ name, content }: DocumentToRead): Promise<UploadReading> {
  const format = detectFormat(content, endingOf(name));
  const reading = await readFormat(format, content);
  const otherEnding = findOtherEnding(name, reading.kind);
  return {
    ...reading,
    warnings: otherEnding === null ? reading.warnings : [otherEnding, ...reading.warnings],
  };
}

async function readFormat(format: Format, content: Uint8Array): Promise<UploadReading> {
  switch (format.kind) {
    case 'TEXT': {
      const { text, isMarkdown, warnings } = format;
      const mediaType = isMarkdown ? 'text/markdown' : 'text/plain';
      return { kind: 'TEXT', mediaType, text: checkText(text), model: null, warnings };
    }
    case 'DOCX': {
      const { readDocx } = await import('./read-docx.ts');
      const { text, warnings } = await readDocx(content);
      return { kind: 'DOCX', mediaType: WORD, text: checkText(text), model: null, warnings };
    }
    case 'PDF': {
      const { readPdf } = await import('./read-pdf.ts');
      const { text, warnings } = await readPdf(content);
      return { kind: 'PDF', mediaType: 'application/pdf', text: checkText(text), model: null, warnings };
    }
    case 'BPMN': {
      const { readBpmn } = await import('./bpmn/read-bpmn.ts');
      const { text, model, warnings } = await readBpmn(format.text);
      checkLength(text);
      return { kind: 'BPMN', mediaType: 'application/xml', text, model, warnings };
    }
    case 'ARCHIMATE': {
      const mediaType = format.isZip ? 'application/zip' : 'application/xml';
      return { kind: 'ARCHIMATE', mediaType, text: null, model: null, warnings: [] };
    }
    default:
      return format satisfies never;
  }
}

function checkText(text: string): string {
  const clean = cleanText(text)
    .replaceAll(/[^\S\n]+\n/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
  if (clean === '') {
    throw new DocumentError(
      'NO_TEXT',
      'The file holds no text. Send one that describes the process in words.',
    );
  }
  checkLength(clean);
  return clean;
}

function checkLength({ length }: string): void {
  if (length <= MAX_SOURCE_CHARACTERS) return;
  throw new DocumentError(
    'TEXT_TOO_LONG',
    `The file holds ${length.toLocaleString('en')} characters of text, and at most ${MAX_SOURCE_CHARACTERS.toLocaleString('en')} can be considered. Send only the part that describes the process.`,
  );
}
