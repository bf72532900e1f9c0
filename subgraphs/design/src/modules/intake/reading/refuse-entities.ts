import { DocumentError } from '../../../adapters/document-reader.ts';

const DECLARATION = /<!\s*(?:DOCTYPE|ENTITY)/i;

/**
 * No document that is read here needs a document type. What declares entities may unpack to any size, or name files of
 * whoever reads it. @throws DocumentError.
 */
export function refuseEntities(xml: string): void {
  if (!DECLARATION.test(xml)) return;
  throw new DocumentError(
    'ENTITIES_REFUSED',
    'The file declares a document type or entities, which are not read. Save it anew by a program that writes none.',
  );
}
