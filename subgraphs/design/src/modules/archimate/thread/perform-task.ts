/** Does one task, in whichever thread it is. */
import type { DrawInput } from '../drawing/draw-input.ts';
import { writeExchange } from '../exchange/write-exchange.ts';
import { nameOf } from '../language/archimate-model.ts';
import { readArchimate } from '../read-archimate.ts';
import type { ArchimateTask, CheckedFile, Drawing, ReadFile } from './tasks.ts';

/** Enough to recognise an element by; the whole text stays in the model. */
const MAX_DOCUMENTATION_LENGTH = 2_000;

/** @throws ArchimateRefusal */
export async function performTask(task: ArchimateTask): Promise<object> {
  switch (task.kind) {
    case 'check':
      return checkFile(task.file);
    case 'read':
      return readFile(task.file);
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

function readFile(file: Uint8Array | string): ReadFile {
  const { model, findings, ...facts } = readArchimate(file);
  return {
    ...facts,
    findings: [...findings],
    exchange: writeExchange(model),
    elements: model.elements.map((element) => ({
      id: element.id,
      type: element.type,
      name: nameOf(element),
      documentation: (element.documentation[0]?.text ?? '').slice(0, MAX_DOCUMENTATION_LENGTH).toWellFormed(),
    })),
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
