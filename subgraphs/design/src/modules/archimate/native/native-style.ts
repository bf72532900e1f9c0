/** Colours of native files in the form of the exchange format. */
import { given, tag } from '../exchange/write-exchange.ts';
import { attributeOf } from '../xml/xml-element.ts';
import type { XmlElement } from '../xml/xml-element.ts';

const COLOUR = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i;

export function toStyle(element: XmlElement): XmlElement | null {
  const colours = [...toColour(element, 'lineColor'), ...toColour(element, 'fillColor')];
  const fontColour = toColour(element, 'fontColor', 'color');
  const font = fontColour.length === 0 ? [] : [tag('font', [], fontColour)];
  const width = attributeOf(element, 'lineWidth');
  const lineWidth = width !== null && /^[1-9]\d{0,2}$/.test(width) ? width : null;
  if (colours.length + font.length === 0 && lineWidth === null) return null;
  return tag('style', given({ lineWidth }), [...colours, ...font]);
}

function toColour(element: XmlElement, attribute: string, name = attribute): readonly XmlElement[] {
  const [, r, g, b] = COLOUR.exec(attributeOf(element, attribute) ?? '') ?? [];
  if (r === undefined || g === undefined || b === undefined) return [];
  const decimal = (hexadecimal: string): string => String(Number.parseInt(hexadecimal, 16));
  return [tag(name, given({ r: decimal(r), g: decimal(g), b: decimal(b) }))];
}
