/** Writes trees of XML, indented, with the namespaces that they use. The same tree makes the same text. */
import type { XmlElement } from './xml-element.ts';
import { toXmlAttribute, toXmlText } from './xml-text.ts';

const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';

/** Prefixes that readers know a namespace by. */
const KNOWN_PREFIXES: ReadonlyMap<string, string> = new Map([
  ['http://purl.org/dc/elements/1.1/', 'dc'],
  ['http://purl.org/dc/terms/', 'dcterms'],
  ['http://www.w3.org/2001/XMLSchema-instance', 'xsi'],
]);

/** Prefixes that are declared around an element, by namespace; the empty one is the default. */
type Scope = ReadonlyMap<string, string>;

/** `namespaces` are declared at the root: prefix by namespace, the empty prefix for the default. */
export function writeXml(root: XmlElement, namespaces: Readonly<Record<string, string>>): string {
  const lines: string[] = ['<?xml version="1.0" encoding="UTF-8"?>'];
  const declared = new Map(Object.entries(namespaces));
  write(lines, { element: root, scope: new Map([[XML_NAMESPACE, 'xml']]), declared, indent: '' });
  return `${lines.join('\n')}\n`;
}

interface Place {
  readonly element: XmlElement;
  readonly scope: Scope;
  /** To be declared at this element, whether it uses them or not. */
  readonly declared: ReadonlyMap<string, string>;
  readonly indent: string;
}

function write(lines: string[], { element, scope: outer, declared, indent }: Place): void {
  const missing = new Map(declared);
  const scope = new Map([...outer, ...declared]);
  const require = (uri: string): void => {
    if (uri === '' || scope.has(uri)) return;
    const prefix = KNOWN_PREFIXES.get(uri) ?? `ns${scope.size}`;
    missing.set(uri, prefix);
    scope.set(uri, prefix);
  };
  require(element.uri);
  for (const { uri } of element.attributes) require(uri);
  const name = qualified(scope, element.uri, element.name);
  const tag = `${indent}<${name}${declarations(missing)}${attributes(element, scope)}`;
  const { children } = element;
  if (children.length === 0) {
    lines.push(`${tag}/>`);
    return;
  }
  if (children.some((child) => typeof child === 'string')) {
    // Between text no white space may be added.
    const inner = children.map((child) =>
      typeof child === 'string' ? toXmlText(child) : inline(child, scope),
    );
    lines.push(`${tag}>${inner.join('')}</${name}>`);
    return;
  }
  lines.push(`${tag}>`);
  for (const child of children) {
    if (typeof child !== 'string')
      write(lines, { element: child, scope, declared: new Map(), indent: `${indent}  ` });
  }
  lines.push(`${indent}</${name}>`);
}

function inline(element: XmlElement, scope: Scope): string {
  const lines: string[] = [];
  write(lines, { element, scope, declared: new Map(), indent: '' });
  return lines.map((line) => line.trimStart()).join('');
}

function declarations(missing: ReadonlyMap<string, string>): string {
  return [...missing]
    .map(([uri, prefix]) => ` xmlns${prefix === '' ? '' : `:${prefix}`}="${toXmlAttribute(uri)}"`)
    .join('');
}

function attributes(element: XmlElement, scope: Scope): string {
  return element.attributes
    .map(({ uri, name, value }) => ` ${qualified(scope, uri, name)}="${toXmlAttribute(value)}"`)
    .join('');
}

function qualified(scope: Scope, uri: string, name: string): string {
  const prefix = scope.get(uri) ?? '';
  return prefix === '' ? name : `${prefix}:${name}`;
}
