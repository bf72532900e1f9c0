/** ANALYSIS: what the text says. */
import { z } from 'zod';
import type { AnalysisRequest, AnalysisResult } from '../../engine/engine.ts';
import { toJson } from '../../json.ts';
import { insertProcessModel } from '../../modules/process-model/process-model-store.ts';
import type { ProcessModel } from '../../modules/process-model/process-model.ts';
import { isSameModel } from '../../modules/process-model/same-model.ts';
import { rejectionsSchema } from '../../modules/revision/revision-store.ts';
import { count, PhaseFailure, resultOf, type Phase, type PhaseInput, type PhaseOutcome } from '../phase.ts';
import { askEngine, toEngineJob } from './ask-engine.ts';
import { contextSchema } from './context-phase.ts';

/** The model itself is kept where its revisions are. */
export const analysisSchema = z.object({
  answer: z.string().nullable().default(null),
  fallback: z.string().nullable().default(null),
  rejections: rejectionsSchema.default([]),
});

export const analysisPhase: Phase = async (input) => {
  const { processModel: found, answer, rejections, engine, model, fallback } = await analyze(input);
  const processModel = numbered(input, found);
  const isNew = processModel.revision !== input.session.processRevision;
  const { revision } = processModel;
  const outcome = {
    patch: { processRevision: revision },
    revisionPatch: {
      processRevision: revision,
      answer,
      engine,
      model,
      fallback,
      rejections: toJson(rejections),
    },
    ...(isNew && { store: storeModel(input.session.id, processModel) }),
  };
  if (processModel.activities.length === 0) throw noProcess(processModel, outcome);
  return {
    message: describe(processModel),
    result: { answer, fallback, rejections },
    processModel,
    ...outcome,
  };
};

/** What a file says of the process by itself needs no reading. */
async function analyze(input: PhaseInput): Promise<AnalysisResult> {
  const { givenModel } = resultOf(input.results, 'CONTEXT', contextSchema);
  const previous = toPrevious(input);
  if (givenModel !== null && previous === null) {
    const provenance = { engine: 'LOCAL', model: null, fallback: null, rejections: [] } as const;
    return { processModel: givenModel, answer: null, ...provenance };
  }
  const { sourceText } = input.session;
  return askEngine(() => input.tools.engine.analyze({ ...toEngineJob(input), sourceText, previous }));
}

function toPrevious({ revision, processModel }: PhaseInput): AnalysisRequest['previous'] {
  const { message } = revision;
  return message === null || processModel === null ? null : { model: processModel, message };
}

/** A model that says nothing new keeps its revision; revisions belong to the session, not to the engine. */
function numbered({ session, processModel: newest }: PhaseInput, found: ProcessModel): ProcessModel {
  const isSame = newest !== null && isSameModel(newest, found);
  const revision = isSame ? newest.revision : (session.processRevision ?? 0) + 1;
  return { ...found, revision };
}

function storeModel(sessionId: string, model: ProcessModel): NonNullable<PhaseOutcome['store']> {
  return (tx, tenantId, createdAt) =>
    insertProcessModel(tx, { tenantId, sessionId, model, origin: 'ANALYSIS', createdAt });
}

function noProcess(model: ProcessModel, outcome: Pick<PhaseOutcome, 'patch' | 'store'>): PhaseFailure {
  const questions = model.openQuestions.length === 0 ? '' : ' The open questions say what is missing.';
  const failure = {
    code: 'NO_PROCESS',
    message: `The description names no activity, so there is nothing for an agent to do.${questions} Say by refineDesign who does what, or start again.`,
    retryable: false,
  };
  return new PhaseFailure(failure, { outcome });
}

function describe(model: ProcessModel): string {
  const decisions = model.gateways.filter(({ kind }) => kind !== 'AND').length;
  const found = [
    count(model.activities.length, 'activity'),
    count(model.actors.length, 'actor'),
    count(decisions, 'decision'),
    count(model.systems.length, 'system'),
    count(model.rules.length, 'rule'),
  ];
  return `${found.join(', ')}; ${count(model.openQuestions.length, 'open question')}.`;
}
