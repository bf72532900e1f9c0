/** A refinement of the process by rules: each sentence of the message is done, or it is said why not. */
import { completeProcessModel } from '../../modules/process-model/edit-model.ts';
import type { ProcessEnd, ProcessModel } from '../../modules/process-model/process-model.ts';
import { isProposalCommand } from './command.ts';
import { editProcess } from './edit-process.ts';
import type { ReadSteps } from './edit-process.ts';
import { readMessage } from './read-message.ts';

export interface RefinedProcess {
  /** The same object when nothing was changed. */
  readonly model: ProcessModel;
  readonly said: readonly string[];
}

export async function refineProcess(
  previous: ProcessModel,
  message: string,
  readSteps: ReadSteps,
): Promise<RefinedProcess> {
  let model = previous;
  const said: string[] = [];
  for (const command of readMessage(message)) {
    if (isProposalCommand(command)) continue;
    const edit = await editProcess(model, command, readSteps);
    model = edit.model;
    said.push(edit.said);
  }
  if (model === previous) return { model: previous, said };
  return { model: complete(model, previous.revision + 1), said };
}

/** Ends, hand-offs and questions follow from the rest. */
function complete(model: ProcessModel, revision: number): ProcessModel {
  const sources = new Set(model.flows.filter(({ isBack }) => !isBack).map(({ sourceId }) => sourceId));
  const nodes = new Set([...model.activities, ...model.gateways].map(({ id }) => id));
  const isStill = ({ sourceId, condition }: ProcessEnd): boolean =>
    sourceId !== null && nodes.has(sourceId) && (condition !== null || !sources.has(sourceId));
  const kept = model.ends.filter(isStill);
  const derived = completeProcessModel({ ...model, ends: null, openQuestions: null }, revision);
  const added = derived.ends.filter((end) => !kept.some(({ sourceId }) => sourceId === end.sourceId));
  const asked = new Set(model.openQuestions.map(({ question }) => question));
  const questions = derived.openQuestions
    .filter(({ question, kind, span }) => !asked.has(question) && kind === 'MISSING_ACTOR' && span.end === 0)
    .map(({ id: _id, ...question }) => question);
  return completeProcessModel(
    {
      ...model,
      ends: [...kept, ...added.map(({ id: _id, ...end }) => end)],
      openQuestions: [...model.openQuestions, ...questions],
    },
    revision,
  );
}
