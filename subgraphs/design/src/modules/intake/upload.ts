/** A file that a person uploaded, so that designs and imports can use it. */
import type { ProcessModel } from '../process-model/process-model.ts';

export const MAX_UPLOAD_BYTES = 20 * 1024 * 1024;

/** ARCHIMATE is kept as it is; of the others the text is read. */
export const UPLOAD_KINDS = ['TEXT', 'DOCX', 'PDF', 'BPMN', 'ARCHIMATE'] as const;
export type UploadKind = (typeof UPLOAD_KINDS)[number];

/** What was read of a file. */
export interface UploadReading {
  readonly kind: UploadKind;
  readonly mediaType: string;
  /** Null for ARCHIMATE. */
  readonly text: string | null;
  /** The process of a BPMN file; its spans point into `text`. */
  readonly model: ProcessModel | null;
  /** What a person should know of how it was read. */
  readonly warnings: readonly string[];
}

export interface Upload extends UploadReading {
  readonly id: string;
  /** As the sender called it, made harmless. Never a path of anything. */
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

export interface UploadFile {
  readonly id: string;
  readonly name: string;
  readonly kind: UploadKind;
  readonly mediaType: string;
  readonly sha256: string;
  readonly content: Uint8Array;
}
