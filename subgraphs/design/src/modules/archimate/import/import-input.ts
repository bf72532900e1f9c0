/** Files of imports and checks: by upload, or as text in the request. */
import { InvalidInput, invalidInput, line, parseInput } from '@flowgrid/platform';
import { z } from 'zod';
import type { Tx } from '../../../database.ts';
import { findUpload } from '../../intake/upload-store.ts';
import { ArchimateRefusal } from '../xml/refusal.ts';
import type { RefusalCode } from '../xml/refusal.ts';
import type { ReadFile } from '../thread/tasks.ts';

const MAX_CONTENT_BYTES = 900_000;
const MAX_NAME_LENGTH = 200;

const sourceShape = { uploadId: z.string().nullish(), content: z.string().nullish() };
const sourceSchema = z.object(sourceShape);
const importSchema = z.object({ name: line(MAX_NAME_LENGTH), ...sourceShape });

export type SourceInput = z.input<typeof sourceSchema>;
export type ImportInput = z.input<typeof importSchema>;

/** Where the file of a request is. */
export type FileSource =
  | { readonly kind: 'UPLOAD'; readonly uploadId: string }
  | { readonly kind: 'CONTENT'; readonly content: string };

export function parseSource(input: SourceInput): FileSource {
  return toSource(parseInput(sourceSchema, input));
}

export function parseImport(input: ImportInput): { readonly name: string; readonly source: FileSource } {
  const { name, ...source } = parseInput(importSchema, input);
  return { name, source: toSource(source) };
}

function toSource({ uploadId, content }: z.output<typeof sourceSchema>): FileSource {
  if (content != null && uploadId != null) {
    throw invalidInput('INVALID', 'Give "uploadId" or "content", not both.', ['content']);
  }
  if (uploadId != null) return { kind: 'UPLOAD', uploadId };
  if (content == null || content === '') {
    throw invalidInput('REQUIRED', 'Give the file: its text as "content", or an "uploadId".', ['content']);
  }
  if (Buffer.byteLength(content) > MAX_CONTENT_BYTES) {
    const limit = MAX_CONTENT_BYTES / 1000;
    const message = `The text has more than ${limit} kB. Upload the file by POST /uploads and give its "uploadId".`;
    throw invalidInput('TOO_LONG', message, ['content']);
  }
  if (!content.isWellFormed()) {
    throw invalidInput('INVALID', 'The text holds halves of characters.', ['content']);
  }
  return { kind: 'CONTENT', content };
}

/** The bytes or the text; of another tenant's upload there are none. */
export async function loadFile(
  source: FileSource,
  read: <Result>(work: (tx: Tx) => Promise<Result>) => Promise<Result>,
  tenantId: string,
): Promise<Uint8Array | string> {
  if (source.kind === 'CONTENT') return source.content;
  const upload = await read((tx) => findUpload(tx, tenantId, source.uploadId));
  if (upload === null) throw invalidInput('NOT_FOUND', 'There is no such upload.', ['uploadId']);
  return upload.content;
}

/** A refusal of the file is for the caller to correct; anything else is passed on. */
export function toInputError(error: unknown, source: FileSource): unknown {
  if (!(error instanceof ArchimateRefusal)) return error;
  return invalidInput(codeOf(error.code), error.message, [fieldOf(source)]);
}

const codeOf = (code: RefusalCode): string => (code === 'TOO_LARGE' ? 'TOO_LONG' : code);

const fieldOf = ({ kind }: FileSource): string => (kind === 'UPLOAD' ? 'uploadId' : 'content');

/** @throws InvalidInput with the findings that leave the model without a clear meaning. */
export function requireNoErrors({ findings }: ReadFile, source: FileSource): void {
  const errors = findings.filter(({ severity }) => severity === 'ERROR').slice(0, MAX_ERRORS);
  if (errors.length === 0) return;
  throw new InvalidInput(
    errors.map(({ code, elementName, message, mend }) => {
      const subject = elementName === null || elementName === '' ? '' : `${elementName.slice(0, 200)}: `;
      return { code, message: `${subject}${message} ${mend}`, path: [fieldOf(source)] };
    }),
  );
}

const MAX_ERRORS = 50;
