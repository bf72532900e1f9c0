/** A BPMN 2.0 diagram as a listing in flow order, and as the process model that it already is. */
import { BpmnModdle } from 'bpmn-moddle';
import { DocumentError } from '../../../../adapters/document-reader.ts';
import { checkProcessModel } from '../../../process-model/check-model.ts';
import { completeProcessModel } from '../../../process-model/complete-model.ts';
import type { ProcessModel } from '../../../process-model/process-model.ts';
import { refuseEntities } from '../refuse-entities.ts';
import { drawProcess } from './draw-process.ts';
import { isElement } from './elements.ts';
import { readDiagram } from './read-diagram.ts';
import { toModelInput } from './to-model-input.ts';
import { writeProcess } from './write-process.ts';

const MAX_NODES = 2_000;
const MAX_FLOWS = 5_000;
const MAX_CHARACTERS = 8 * 1024 * 1024;
const FIRST_REVISION = 1;

export interface ReadBpmn {
  readonly text: string;
  /** Null when the diagram says too little, or contradicts itself: its text is read instead. */
  readonly model: ProcessModel | null;
  readonly warnings: readonly string[];
}

/** @throws DocumentError. */
export async function readBpmn(xml: string): Promise<ReadBpmn> {
  refuseEntities(xml);
  if (xml.length > MAX_CHARACTERS) throw tooLarge();
  const { definitions, warnings } = await parse(xml);
  const diagram = readDiagram(definitions);
  if (diagram.nodes.length > MAX_NODES || diagram.flows.length > MAX_FLOWS) throw tooLarge();
  const process = drawProcess(diagram);
  if (!process.steps.some(({ type }) => type === 'ACTIVITY')) {
    throw new DocumentError('NO_TEXT', 'The diagram shows no task. Send one with a process in it.');
  }
  const { text, places } = writeProcess(process);
  const model = completeProcessModel(toModelInput(process, places), FIRST_REVISION);
  const [problem] = checkProcessModel(model, text);
  if (problem === undefined) return { text, model, warnings };
  const notUsed = `The diagram is read as text, because as a process it is not complete: ${problem.message}`;
  return { text, model: null, warnings: [...warnings, notUsed] };
}

type Element = Parameters<typeof readDiagram>[0];

async function parse(xml: string): Promise<{ definitions: Element; warnings: readonly string[] }> {
  try {
    const { rootElement, warnings } = await new BpmnModdle().fromXML(xml, 'bpmn:Definitions');
    if (!isElement(rootElement)) throw new Error('no definitions');
    const unread = warnings.length;
    return { definitions: rootElement, warnings: unread === 0 ? [] : [notUnderstood(unread)] };
  } catch (error) {
    const message = 'The diagram is damaged or was cut off. Export it anew, as BPMN 2.0.';
    throw new DocumentError('DAMAGED', message, error);
  }
}

function notUnderstood(count: number): string {
  return count === 1
    ? 'One part of the diagram was not understood and is left out.'
    : `${count} parts of the diagram were not understood and are left out.`;
}

function tooLarge(): DocumentError {
  return new DocumentError(
    'TEXT_TOO_LONG',
    `The diagram is larger than can be considered: at most ${MAX_NODES.toLocaleString('en')} elements. Export one process at a time.`,
  );
}
