/** Places the elements of a model on one view: a band per layer, wrapped, from the business down to the code. */
import type { ElementType } from './allowed-relationships.ts';
import type { ArchimateElement } from './model-graph.ts';

export interface ViewNode {
  readonly element: ArchimateElement;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const COLUMNS = 8;
const CELL_WIDTH = 180;
const CELL_HEIGHT = 95;
const NODE_WIDTH = 140;
const NODE_HEIGHT = 55;
const JUNCTION_SIZE = 15;
const MARGIN = 40;
const BAND_GAP = 30;

const BANDS: readonly (readonly ElementType[])[] = [
  ['BusinessEvent', 'BusinessActor', 'BusinessRole'],
  ['BusinessProcess', 'AndJunction', 'OrJunction'],
  ['ApplicationService'],
  ['ApplicationComponent', 'ApplicationProcess'],
  ['DataObject', 'Artifact'],
  ['Requirement'],
];

export function layOut(elements: readonly ArchimateElement[]): readonly ViewNode[] {
  let top = MARGIN;
  return BANDS.flatMap((types) => {
    const band = elements.filter(({ type }) => types.includes(type));
    const nodes = band.map((element, index) => place(element, index, top));
    if (band.length > 0) top += Math.ceil(band.length / COLUMNS) * CELL_HEIGHT + BAND_GAP;
    return nodes;
  });
}

function place(element: ArchimateElement, index: number, top: number): ViewNode {
  const isJunction = element.type === 'AndJunction' || element.type === 'OrJunction';
  const width = isJunction ? JUNCTION_SIZE : NODE_WIDTH;
  const height = isJunction ? JUNCTION_SIZE : NODE_HEIGHT;
  return {
    element,
    x: MARGIN + (index % COLUMNS) * CELL_WIDTH + Math.floor((NODE_WIDTH - width) / 2),
    y: top + Math.floor(index / COLUMNS) * CELL_HEIGHT + Math.floor((NODE_HEIGHT - height) / 2),
    width,
    height,
  };
}
