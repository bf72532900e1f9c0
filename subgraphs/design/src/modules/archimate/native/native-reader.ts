/** What all elements of a native file of Archi have: an id, a name, documentation and properties by key. */
import { invalidId } from '../exchange/read-parts.ts';
import type { LanguageText, Property, PropertyDefinition } from '../language/archimate-model.ts';
import type { FindingList } from '../validation/finding-list.ts';
import { isXmlId, toXmlId } from '../xml/identifiers.ts';
import { attributeOf, childrenOf, textOf } from '../xml/xml-element.ts';
import type { XmlElement } from '../xml/xml-element.ts';

export interface Documented {
  readonly id: string;
  readonly names: readonly LanguageText[];
  readonly documentation: readonly LanguageText[];
  readonly properties: readonly Property[];
  readonly extensions: readonly [];
}

/** Native files have properties by name; each name becomes one definition. */
export class NativeReader {
  readonly #findings: FindingList;
  readonly #definitions = new Map<string, PropertyDefinition>();
  #hasToldOfIds = false;

  constructor(findings: FindingList) {
    this.#findings = findings;
  }

  /** Archi itself writes ids as it likes and prefixes them on export: one finding for the file says so. */
  id(element: XmlElement): string | null {
    const id = attributeOf(element, 'id')?.trim() ?? '';
    if (id === '') {
      this.#findings.add({
        severity: 'ERROR',
        code: 'MISSING_IDENTIFIER',
        elementId: null,
        elementName: attributeOf(element, 'name'),
        rule: 'Everything that can be referred to has an id.',
        message: `A <${element.name}> has no id.`,
        mend: 'Open the model in Archi and save it again.',
      });
      return null;
    }
    if (!isXmlId(id) && !this.#hasToldOfIds) {
      this.#hasToldOfIds = true;
      this.#findings.add({ ...invalidId(id, attributeOf(element, 'name')), severity: 'INFO' });
    }
    return toXmlId(id);
  }

  reference(element: XmlElement, name: string): string | null {
    const id = attributeOf(element, name)?.trim() ?? '';
    return id === '' ? null : toXmlId(id);
  }

  texts(element: XmlElement, name: string): readonly LanguageText[] {
    return childrenOf(element, name).map((child) => ({ language: null, text: textOf(child) }));
  }

  documented(element: XmlElement, id: string, documentation = 'documentation'): Documented {
    const name = attributeOf(element, 'name');
    return {
      id,
      names: name === null ? [] : [{ language: null, text: name }],
      documentation: this.texts(element, documentation),
      properties: childrenOf(element, 'property').map((property) => ({
        definitionId: this.#define(attributeOf(property, 'key') ?? ''),
        values: [{ language: null, text: attributeOf(property, 'value') ?? '' }],
      })),
      extensions: [],
    };
  }

  get propertyDefinitions(): readonly PropertyDefinition[] {
    return [...this.#definitions.values()];
  }

  #define(key: string): string {
    const known = this.#definitions.get(key);
    if (known !== undefined) return known.id;
    const id = `propid-${this.#definitions.size + 1}`;
    const names = [{ language: null, text: key }];
    this.#definitions.set(key, {
      id,
      names,
      documentation: [],
      properties: [],
      extensions: [],
      type: 'string',
    });
    return id;
  }
}
