/** Does one task, in whichever thread it is. */
import type { DrawInput } from '../drawing/draw-input.ts';
import { compareModels } from '../delta/compare-models.ts';
import { writeExchange } from '../exchange/write-exchange.ts';
import { nameOf } from '../language/archimate-model.ts';
import type { ArchimateElement } from '../language/archimate-model.ts';
import { readArchimate } from '../read-archimate.ts';
import type { ArchimateTask, CheckedFile, Drawing, ListedElement, ReadFile, StoredDelta } from './tasks.ts';

/** Enough to recognise an element by; the whole text stays in the model. */
const MAX_DOCUMENTATION_LENGTH = 2_000;

/** @throws ArchimateRefusal */
export async function performTask(task: ArchimateTask): Promise<object> {
  switch (task.kind) {
    case 'check':
      return checkFile(task.file);
    case 'read':
      return readFile(task.file);
    case 'compare':
      return compare(task);
    case 'draw':
      return draw(task.input);
    default:
      return task satisfies never;
  }
}

function checkFile(file: Uint8Array | string): CheckedFile {
  const { model: _model, findings, ...facts } = readArchimate(file);
  return { ...facts, findings: [...findings] };
}

function toListed(element: ArchimateElement): ListedElement {
  return {
    id: element.id,
    type: element.type,
    name: nameOf(element),
    documentation: (element.documentation[0]?.text ?? '').slice(0, MAX_DOCUMENTATION_LENGTH).toWellFormed(),
  };
}

function readFile(file: Uint8Array | string): ReadFile {
  const { model, findings, ...facts } = readArchimate(file);
  return {
    ...facts,
    findings: [...findings],
    exchange: writeExchange(model),
    elements: model.elements.map(toListed),
    relationshipCount: model.relationships.length,
    viewCount: model.views.length,
  };
}

async function draw(input: DrawInput): Promise<Drawing> {
  // The layout is the larger half of the code, and no use to whoever only reads.
  const { drawModel } = await import('../drawing/draw-model.ts');
  const model = await drawModel(input);
  return {
    xml: writeExchange(model),
    elementCount: model.elements.length,
    relationshipCount: model.relationships.length,
    viewCount: model.views.length,
  };
}

function compare(task: Extract<ArchimateTask, { kind: 'compare' }>): StoredDelta {
  const imported = readArchimate(task.imported).model;
  const drawn = readArchimate(task.drawn).model;
  const { merged, addedElements, changedElements, unchangedElements, addedRelationships, ...counts } =
    compareModels(imported, drawn, task.links);
  const names = new Map(merged.elements.map((element) => [element.id, nameOf(element)]));
  return {
    ...counts,
    addedElements: addedElements.map(toListed),
    changedElements: changedElements.map(({ element, matchedBy, changes }) => ({
      element: toListed(element),
      matchedBy,
      changes: [...changes],
    })),
    unchangedElements: unchangedElements.map(toListed),
    addedRelationships: addedRelationships.map(({ id, type, sourceId, targetId }) => ({
      id,
      type,
      sourceId,
      sourceName: names.get(sourceId) ?? '',
      targetId,
      targetName: names.get(targetId) ?? '',
    })),
    addedViews: drawn.views.map(nameOf),
    xml: writeExchange(merged),
  };
}
