/**
 * Reads XML from a stranger: strictly, within bounds, and without document types. The parser knows the five entities of XML
 * itself and no way to others, so that nothing expands and nothing is fetched.
 */
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { ArchimateRefusal } from './refusal.ts';
import type { XmlAttribute, XmlElement } from './xml-element.ts';

export interface XmlLimits {
  readonly maxElements: number;
  readonly maxDepth: number;
  readonly maxAttributes: number;
}

/** Room for models of twenty thousand elements with their views; far less than what would fill a thread's memory. */
export const XML_LIMITS: XmlLimits = { maxElements: 400_000, maxDepth: 64, maxAttributes: 100 };

const XMLNS = 'http://www.w3.org/2000/xmlns/';
const CHUNK_LENGTH = 64 * 1024;
const MAX_REASON_LENGTH = 200;

interface OpenElement {
  readonly uri: string;
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: (XmlElement | string)[];
}

/** @throws ArchimateRefusal for anything but a well-formed document within the limits. */
export function parseXml(text: string, limits: XmlLimits = XML_LIMITS): XmlElement {
  const tree = new TreeBuilder(limits);
  const parser = new SaxesParser({ xmlns: true, position: true });
  parser.on('error', (error) => {
    throw new ArchimateRefusal('NOT_WELL_FORMED', `This is no well-formed XML: ${reasonOf(error.message)}`);
  });
  parser.on('doctype', () => {
    throw new ArchimateRefusal(
      'DOCTYPE_REFUSED',
      'The file has a document type (<!DOCTYPE ...>), which can define entities. No ArchiMate file needs one: remove it.',
    );
  });
  parser.on('opentag', (tag) => tree.open(tag));
  parser.on('closetag', () => tree.close());
  parser.on('text', (part) => tree.addText(part));
  parser.on('cdata', (part) => tree.addText(part));
  for (let start = 0; start < text.length; start += CHUNK_LENGTH) {
    parser.write(text.slice(start, start + CHUNK_LENGTH));
  }
  parser.close();
  return tree.root();
}

/** What a parser says may quote the file: one line of it is enough. */
function reasonOf(message: string): string {
  const line = message.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > MAX_REASON_LENGTH ? `${line.slice(0, MAX_REASON_LENGTH).toWellFormed()}...` : line;
}

class TreeBuilder {
  readonly #limits: XmlLimits;
  readonly #open: OpenElement[] = [];
  #root: XmlElement | null = null;
  #count = 0;

  constructor(limits: XmlLimits) {
    this.#limits = limits;
  }

  open({ uri, local, attributes }: SaxesTagNS): void {
    this.#count += 1;
    const { maxElements, maxDepth, maxAttributes } = this.#limits;
    requireAtMost('XML elements', this.#count, maxElements);
    requireAtMost('levels of nesting', this.#open.length + 1, maxDepth);
    const given = Object.values(attributes);
    requireAtMost('attributes of one element', given.length, maxAttributes);
    this.#open.push({
      uri,
      name: local,
      attributes: given
        .filter((attribute) => attribute.uri !== XMLNS)
        .map((attribute) => ({ uri: attribute.uri, name: attribute.local, value: attribute.value })),
      children: [],
    });
  }

  addText(text: string): void {
    const children = this.#open.at(-1)?.children;
    if (children === undefined) return;
    const last = children.at(-1);
    if (typeof last === 'string') children[children.length - 1] = last + text;
    else children.push(text);
  }

  close(): void {
    const element = this.#open.pop();
    if (element === undefined) return;
    const hasElements = element.children.some((child) => typeof child !== 'string');
    const children = hasElements
      ? element.children.filter((child) => typeof child !== 'string' || child.trim() !== '')
      : element.children;
    const closed = { ...element, children };
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = closed;
    else parent.children.push(closed);
  }

  root(): XmlElement {
    if (this.#root === null) throw new ArchimateRefusal('NOT_WELL_FORMED', 'The file holds no XML element.');
    return this.#root;
  }
}

function requireAtMost(what: string, count: number, limit: number): void {
  if (count <= limit) return;
  throw new ArchimateRefusal('TOO_COMPLEX', `The file has more than ${limit.toLocaleString('en')} ${what}.`);
}
