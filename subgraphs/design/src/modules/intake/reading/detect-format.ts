/** What a file is, by its content. */
import { DocumentError } from '../../../adapters/document-reader.ts';
import { decodeText, startsWith } from './decode-text.ts';
import { listEntries } from './zip-entries.ts';
import { findRoot } from './xml-root.ts';

export type Format =
  | {
      readonly kind: 'TEXT';
      readonly text: string;
      readonly isMarkdown: boolean;
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'BPMN'; readonly text: string }
  | { readonly kind: 'DOCX' }
  | { readonly kind: 'PDF' }
  | { readonly kind: 'ARCHIMATE'; readonly isZip: boolean };

const ACCEPTED = 'Send txt, md, docx, pdf or bpmn, or an ArchiMate model for its import.';
const BPMN_NAMESPACE = 'http://www.omg.org/spec/BPMN/20100524/MODEL';
const ARCHIMATE_NAMESPACE = /^http:\/\/www\.(?:opengroup\.org\/xsd\/archimate|archimatetool\.com\/archimate)/;
/** A PDF may begin with something else, up to here. */
const PDF_HEAD_BYTES = 1024;
const ZIP = [0x50, 0x4b];
const COMPOUND_FILE = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
const RICH_TEXT = [0x7b, 0x5c, 0x72, 0x74, 0x66];
const PLAIN_ENDINGS = new Set(['txt', 'md', 'markdown', 'text']);

/** @throws DocumentError for what is not accepted. */
export function detectFormat(content: Uint8Array, ending: string): Format {
  if (content.byteLength === 0) throw new DocumentError('EMPTY_FILE', 'The file is empty.');
  if (isPdf(content)) return { kind: 'PDF' };
  if (startsWith(content, ZIP)) return detectZip(content);
  if (startsWith(content, COMPOUND_FILE)) {
    throw new DocumentError(
      'UNSUPPORTED_TYPE',
      'This is a document of an old version of Office, or one with a password. Save it as docx without a password.',
    );
  }
  if (startsWith(content, RICH_TEXT)) throw unsupported('This is rich text. Save it as docx.');
  const decoded = decodeText(content);
  if (decoded === null) {
    // ArchiMate tools write encodings of their own; whether such a file can be read is for the import to say.
    if (isArchimate(new TextDecoder('latin1').decode(content.subarray(0, PDF_HEAD_BYTES)))) {
      return { kind: 'ARCHIMATE', isZip: false };
    }
    throw unsupported(`The file is neither text nor a document that can be read. ${ACCEPTED}`);
  }
  return detectText(decoded.text, ending, decoded.assumption);
}

function isPdf(content: Uint8Array): boolean {
  const head = new TextDecoder('latin1').decode(content.subarray(0, PDF_HEAD_BYTES));
  return head.includes('%PDF-');
}

function detectZip(content: Uint8Array): Format {
  const names = new Set(listEntries(content).map(({ name }) => name));
  if (names.has('word/document.xml')) return { kind: 'DOCX' };
  if (names.has('model.xml')) return { kind: 'ARCHIMATE', isZip: true };
  throw unsupported(`This zip file is neither a Word document nor an ArchiMate model. ${ACCEPTED}`);
}

function detectText(text: string, ending: string, assumption: string | null): Format {
  const root = findRoot(text);
  if (root?.namespace === BPMN_NAMESPACE && root.name === 'definitions') return { kind: 'BPMN', text };
  if (isArchimate(text)) return { kind: 'ARCHIMATE', isZip: false };
  if (root !== null && !PLAIN_ENDINGS.has(ending)) {
    throw unsupported(`This is XML or HTML that is no BPMN 2.0 diagram. ${ACCEPTED}`);
  }
  const isMarkdown = ending === 'md' || ending === 'markdown';
  return { kind: 'TEXT', text, isMarkdown, warnings: assumption === null ? [] : [assumption] };
}

function isArchimate(text: string): boolean {
  const root = findRoot(text);
  return root?.name === 'model' && root.namespace !== null && ARCHIMATE_NAMESPACE.test(root.namespace);
}

function unsupported(message: string): DocumentError {
  return new DocumentError('UNSUPPORTED_TYPE', message);
}
