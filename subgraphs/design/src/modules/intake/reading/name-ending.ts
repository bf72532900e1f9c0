/** What the ending of a file name promises. The content decides; a broken promise is worth a word. */
import type { UploadKind } from '../upload.ts';

const ENDINGS: Readonly<Record<UploadKind, readonly string[]>> = {
  TEXT: ['txt', 'md', 'markdown', 'text'],
  DOCX: ['docx', 'docm', 'dotx'],
  PDF: ['pdf'],
  BPMN: ['bpmn', 'bpmn2', 'xml'],
  ARCHIMATE: ['xml', 'archimate', 'zip'],
};

const NAMES: Readonly<Record<UploadKind, string>> = {
  TEXT: 'plain text',
  DOCX: 'a Word document',
  PDF: 'a PDF',
  BPMN: 'a BPMN diagram',
  ARCHIMATE: 'an ArchiMate model',
};

/** In lower case, without the dot; empty where there is none. */
export function endingOf(name: string): string {
  return /\.([a-z0-9]{1,10})$/i.exec(name)?.[1]?.toLowerCase() ?? '';
}

export function findOtherEnding(name: string, kind: UploadKind): string | null {
  const ending = endingOf(name);
  const isKnown = Object.values(ENDINGS).some((endings) => endings.includes(ending));
  if (!isKnown || ENDINGS[kind].includes(ending)) return null;
  return `The name ends in ".${ending}", but the content is ${NAMES[kind]}; it was read as that.`;
}
