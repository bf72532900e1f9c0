/** Reads an ArchiMate file of whichever tool and form, and says what is to be known about it. */
import { EXCHANGE_NAMESPACE, XSI_NAMESPACE } from './exchange/exchange-names.ts';
import { readExchange } from './exchange/read-exchange.ts';
import type { ArchimateModel } from './language/archimate-model.ts';
import { readNative } from './native/read-native.ts';
import { isZip, unzipModel } from './native/unzip-model.ts';
import { closeModel } from './validation/close-model.ts';
import type { ArchimateFinding } from './validation/finding.ts';
import { inOrder } from './validation/finding.ts';
import { FindingList } from './validation/finding-list.ts';
import { validateModel } from './validation/validate-model.ts';
import { decodeText } from './xml/decode-text.ts';
import { parseXml } from './xml/parse-xml.ts';
import { ArchimateRefusal } from './xml/refusal.ts';
import { attributeOf } from './xml/xml-element.ts';
import type { XmlElement } from './xml/xml-element.ts';

/** EXCHANGE is the Open Group's format; ARCHI the native one of Archi, ARCHI_ZIP its zip form. */
export const ARCHIMATE_FORMATS = ['EXCHANGE', 'ARCHI', 'ARCHI_ZIP'] as const;
export type ArchimateFormat = (typeof ARCHIMATE_FORMATS)[number];

export interface ArchimateReading {
  readonly format: ArchimateFormat;
  /** Of the format: `3.1`, or that of Archi. */
  readonly formatVersion: string | null;
  /** Which tool wrote the file, as far as it can be told. */
  readonly tool: string | null;
  readonly model: ArchimateModel;
  readonly findings: readonly ArchimateFinding[];
  /** With those that were too many to keep. */
  readonly findingCount: number;
}

/** Larger files are refused before anything is read of them. */
export const MAX_FILE_BYTES = 20 * 1024 * 1024;

const NATIVE_NAMESPACES: ReadonlySet<string> = new Set([
  'http://www.archimatetool.com/archimate',
  'http://www.bolton.ac.uk/archimate',
]);

/** @throws ArchimateRefusal for what is no readable ArchiMate file. Findings alone are no reason to throw. */
export function readArchimate(file: Uint8Array | string): ArchimateReading {
  const { text, isZipped } = toText(file);
  if (text.trim() === '') throw new ArchimateRefusal('EMPTY', 'The file is empty.');
  const root = parseXml(text.startsWith('\u{feff}') ? text.slice(1) : text);
  const list = new FindingList();
  const isNative = NATIVE_NAMESPACES.has(root.uri) && root.name === 'model';
  if (!isNative) requireExchange(root, isZipped);
  const model = closeModel(isNative ? readNative(root, list) : readExchange(root, list), list);
  validateModel(model, list);
  return {
    format: isNative ? (isZipped ? 'ARCHI_ZIP' : 'ARCHI') : 'EXCHANGE',
    formatVersion: isNative ? attributeOf(root, 'version') : schemaVersion(root),
    tool: isNative ? 'Archi' : toolOf(root, model),
    model,
    findings: inOrder(list.findings),
    findingCount: list.total,
  };
}

function toText(file: Uint8Array | string): { text: string; isZipped: boolean } {
  const size = typeof file === 'string' ? Buffer.byteLength(file) : file.byteLength;
  if (size > MAX_FILE_BYTES) throw tooLarge();
  if (typeof file === 'string') return { text: file, isZipped: false };
  const isZipped = isZip(file);
  return { text: decodeText(isZipped ? unzipModel(file, MAX_FILE_BYTES) : file), isZipped };
}

export function tooLarge(): ArchimateRefusal {
  const limit = MAX_FILE_BYTES / (1024 * 1024);
  return new ArchimateRefusal('TOO_LARGE', `The file has more than ${limit} MB. Export a part of the model.`);
}

function requireExchange(root: XmlElement, isZipped: boolean): void {
  const isExchange = root.name === 'model' && root.uri === EXCHANGE_NAMESPACE;
  if (isExchange && !isZipped) return;
  throw new ArchimateRefusal(
    'NOT_ARCHIMATE',
    root.uri.includes('opengroup.org/xsd/archimate')
      ? `The file is of the namespace "${root.uri.slice(0, 100)}"; read are versions 3.0 and 3.1 of the exchange format (${EXCHANGE_NAMESPACE}).`
      : `The file begins with <${root.name.slice(0, 100)}>: neither an ArchiMate exchange file nor a model of Archi.`,
  );
}

function schemaVersion(root: XmlElement): string | null {
  const location = attributeOf(root, 'schemaLocation', XSI_NAMESPACE) ?? '';
  return /\/archimate\/(3\.\d)\/archimate3_/.exec(location)?.[1] ?? null;
}

/** The format has no field for it; each tool has its own ids. */
function toolOf(root: XmlElement, model: ArchimateModel): string | null {
  const ids = [model.id, ...model.elements.slice(0, 20).map(({ id }) => id)];
  if (ids.some((id) => /^EA(?:ID|PK)_/.test(id))) return 'Sparx Enterprise Architect';
  if (model.propertyDefinitions.some(({ id }) => id.startsWith('vp-'))) return 'Visual Paradigm';
  if (model.documentation.some(({ text }) => text.startsWith('Drawn by Flowgrid'))) return 'Flowgrid';
  const isArchi =
    schemaVersion(root) === '3.1' &&
    /^id-[0-9a-f]{32}$|^id-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(model.id);
  return isArchi ? 'Archi' : null;
}
