import type { UploadReading } from '../modules/intake/upload.ts';

export interface DocumentToRead {
  /** Only its ending is looked at, and believed less than the content. */
  readonly name: string;
  readonly content: Uint8Array;
}

/** Reads the text of files that people upload. */
export interface DocumentReader extends AsyncDisposable {
  /** @throws DocumentError whose message says how to mend it; the signal's reason when it is given up. */
  read(document: DocumentToRead, signal: AbortSignal): Promise<UploadReading>;
}

export const DOCUMENT_PROBLEMS = [
  'EMPTY_FILE',
  'UNSUPPORTED_TYPE',
  'DAMAGED',
  'ENCRYPTED',
  'NO_TEXT',
  'TOO_MANY_PAGES',
  'TEXT_TOO_LONG',
  'UNPACKS_TOO_LARGE',
  'ENTITIES_REFUSED',
  'TOO_SLOW',
  'TOO_MUCH_MEMORY',
  'TOO_BUSY',
] as const;
export type DocumentProblem = (typeof DOCUMENT_PROBLEMS)[number];

/** Why a file cannot be used, for the person who sent it. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
  readonly problem: DocumentProblem;

  constructor(problem: DocumentProblem, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.problem = problem;
  }
}
