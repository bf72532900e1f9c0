/** Parts that many elements of an exchange file have. */
import type { LanguageText, Point, Property } from '../language/archimate-model.ts';
import type { FindingList } from '../validation/finding-list.ts';
import { isXmlId, toXmlId } from '../xml/identifiers.ts';
import { attributeOf, childrenOf, childOf, elementsOf, textOf } from '../xml/xml-element.ts';
import type { XmlElement } from '../xml/xml-element.ts';
import { XML_NAMESPACE, XSI_NAMESPACE } from './exchange-names.ts';

export function readTexts(element: XmlElement, name: string): readonly LanguageText[] {
  return childrenOf(element, name).map((child) => ({
    language: attributeOf(child, 'lang', XML_NAMESPACE),
    text: textOf(child),
  }));
}

/** `BusinessActor`, also of `archimate:BusinessActor`. */
export function readType(element: XmlElement): string {
  const type = attributeOf(element, 'type', XSI_NAMESPACE) ?? '';
  return type.slice(type.indexOf(':') + 1).trim();
}

/** Null where there is none, which is told. */
export function readId(element: XmlElement, findings: FindingList): string | null {
  const id = attributeOf(element, 'identifier')?.trim() ?? '';
  if (id === '') {
    findings.add({
      severity: 'ERROR',
      code: 'MISSING_IDENTIFIER',
      elementId: null,
      elementName: nameIn(element),
      rule: 'Everything that can be referred to has an identifier.',
      message: `A <${element.name}> has no identifier.`,
      mend: 'Give it an identifier that is unique in the file.',
    });
    return null;
  }
  if (!isXmlId(id)) findings.add(invalidId(id, nameIn(element)));
  return toXmlId(id);
}

export function invalidId(id: string, elementName: string | null) {
  return {
    severity: 'WARNING',
    code: 'INVALID_IDENTIFIER',
    elementId: id,
    elementName,
    rule: 'An identifier begins with a letter or "_" and holds letters, digits, ".", "-" and "_" only (xs:ID).',
    message: `The identifier "${id.slice(0, 100)}" is no valid one.`,
    mend: `It is read as "${toXmlId(id).slice(0, 100)}", with everything that refers to it.`,
  } as const;
}

function nameIn(element: XmlElement): string | null {
  const name = childOf(element, 'name');
  return name === null ? null : textOf(name).trim();
}

/** An attribute that refers to something. */
export function readReference(element: XmlElement, name: string): string | null {
  const value = attributeOf(element, name)?.trim() ?? '';
  return value === '' ? null : toXmlId(value);
}

export function readProperties(element: XmlElement): readonly Property[] {
  return childrenOf(element, 'properties')
    .flatMap((properties) => childrenOf(properties, 'property'))
    .flatMap((property) => {
      // Early files of version 3.0 call it differently.
      const definitionId =
        readReference(property, 'propertyDefinitionRef') ?? readReference(property, 'identifierref');
      return definitionId === null ? [] : [{ definitionId, values: readTexts(property, 'value') }];
    });
}

/** What a thing that has an id, names and documentation begins with. */
export function readDocumented(element: XmlElement, id: string) {
  return {
    id,
    names: readTexts(element, 'name'),
    documentation: readTexts(element, 'documentation'),
    properties: readProperties(element),
    extensions: elementsOf(element).filter(({ uri }) => uri !== element.uri),
  };
}

/** Whole numbers: other tools write fractions of a pixel. */
export function readNumber(element: XmlElement, name: string, otherwise = 0): number {
  const value = Number(attributeOf(element, name) ?? Number.NaN);
  if (!Number.isFinite(value)) return otherwise;
  return Math.max(-MAX_COORDINATE, Math.min(MAX_COORDINATE, Math.round(value)));
}

const MAX_COORDINATE = 10_000_000;

export function readPoint(element: XmlElement): Point {
  return { x: readNumber(element, 'x'), y: readNumber(element, 'y') };
}
