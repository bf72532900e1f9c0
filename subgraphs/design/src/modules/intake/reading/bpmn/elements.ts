/** Reads attributes, children and references of moddle elements, none of which has to be there. */
import type { ModdleElement } from 'bpmn-moddle';
import { cleanLine, cleanText } from '../../clean-text.ts';

export const MAX_NAME_LENGTH = 300;
const MAX_DOCUMENTATION_LENGTH = 2_000;

export function isElement(value: unknown): value is ModdleElement {
  return (
    typeof value === 'object' &&
    value !== null &&
    '$type' in value &&
    typeof value.$type === 'string' &&
    'get' in value &&
    typeof value.get === 'function'
  );
}

/** `UserTask`. */
export function typeOf(element: ModdleElement): string {
  return element.$type.replace(/^bpmn:/, '');
}

export function childrenOf(element: ModdleElement, property: string): readonly ModdleElement[] {
  const value = element.get(property);
  return Array.isArray(value) ? value.filter(isElement) : [];
}

export function childOf(element: ModdleElement, property: string): ModdleElement | null {
  const value = element.get(property);
  return isElement(value) ? value : null;
}

export function idOf(element: ModdleElement): string {
  const id = element.get('id');
  return typeof id === 'string' ? id : '';
}

/** The id of what is referred to; null where the reference is missing or leads nowhere. */
export function referenceOf(element: ModdleElement, property: string): string | null {
  const target = childOf(element, property);
  return target === null ? null : idOf(target);
}

export function lineOf(element: ModdleElement | null, property: string): string {
  const value = element?.get(property);
  return typeof value === 'string' ? cleanLine(value, MAX_NAME_LENGTH) : '';
}

export function nameOf(element: ModdleElement | null): string {
  return lineOf(element, 'name');
}

export function documentationOf(element: ModdleElement): string {
  const texts = childrenOf(element, 'documentation').map((child) => {
    const text = child.get('text');
    return typeof text === 'string' ? cleanText(text) : '';
  });
  return cleanLine(texts.join(' '), MAX_DOCUMENTATION_LENGTH);
}
