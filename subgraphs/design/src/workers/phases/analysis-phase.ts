/** ANALYSIS: what the description says. */
import { z } from 'zod';
import { AnalysisError } from '../../adapters/analyzer.ts';
import { toJson } from '../../json.ts';
import type { ProcessModel } from '../../modules/process-model/process-model.ts';
import { parseStoredModel } from '../../modules/process-model/stored-model.ts';
import { count, PhaseFailure, type Phase, type PhaseInput, type PhaseOutcome } from '../phase.ts';

export const analysisSchema = z.object({ model: z.unknown().transform(parseStoredModel) });

export const analysisPhase: Phase = async (input) => {
  const model = await analyze(input);
  const stored = storeModel(input.session.id, model);
  if (model.activities.length === 0) {
    const questions = model.openQuestions.length === 0 ? '' : ' The open questions say what is missing.';
    throw new PhaseFailure(
      {
        code: 'NO_PROCESS',
        message: `The description names no activity, so there is nothing for an agent to do.${questions} Describe who does what, and start again.`,
        retryable: false,
      },
      { outcome: stored },
    );
  }
  return { message: describe(model), result: { model }, ...stored };
};

async function analyze({ tools, session, signal }: PhaseInput): Promise<ProcessModel> {
  try {
    return await tools.analyzer.analyze(session.description, signal);
  } catch (error) {
    if (!(error instanceof AnalysisError) || error.code === 'FAILED') throw error;
    throw new PhaseFailure(
      { code: `ANALYSIS_${error.code}`, message: error.message, retryable: true },
      { cause: error },
    );
  }
}

function storeModel(sessionId: string, model: ProcessModel): Required<Pick<PhaseOutcome, 'patch' | 'store'>> {
  const { revision } = model;
  return {
    patch: { processRevision: revision },
    store: async (tx, tenantId, createdAt) => {
      const row = { tenantId, sessionId, revision, model: toJson(model), createdAt };
      // A retry of a failed analysis finds the same again: the model of a text does not change.
      await tx.processModelRevision.createMany({ data: [row], skipDuplicates: true });
    },
  };
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
