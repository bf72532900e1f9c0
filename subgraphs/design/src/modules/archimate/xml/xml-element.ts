/** XML as a tree of plain data: it can be compared, and sent between threads. */

export interface XmlAttribute {
  readonly uri: string;
  readonly name: string;
  readonly value: string;
}

export interface XmlElement {
  readonly uri: string;
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  /** Text only where there is other than white space, or no element beside it. */
  readonly children: readonly (XmlElement | string)[];
}

/** The value of an attribute without a namespace, or of the one that is given; null when it is absent. */
export function attributeOf(element: XmlElement, name: string, uri = ''): string | null {
  const attribute = element.attributes.find((one) => one.name === name && one.uri === uri);
  return attribute === undefined ? null : attribute.value;
}

/** The child elements of the same namespace that have the name. */
export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return elementsOf(element).filter((child) => child.name === name && child.uri === element.uri);
}

export function childOf(element: XmlElement, name: string): XmlElement | null {
  return childrenOf(element, name)[0] ?? null;
}

export function elementsOf(element: XmlElement): readonly XmlElement[] {
  return element.children.filter((child) => typeof child !== 'string');
}

/** All text below the element. */
export function textOf(element: XmlElement): string {
  return element.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('');
}
