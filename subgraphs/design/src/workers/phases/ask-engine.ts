/** Asks the engine, and says in words for the user why it could not do the work. */
import { AnalysisError } from '../../adapters/analyzer.ts';
import { EngineError, type EngineJob, type Rejection } from '../../engine/engine.ts';
import { toJson } from '../../json.ts';
import { PhaseFailure, type PhaseInput } from '../phase.ts';

/** What every question to the engine says. */
export function toEngineJob({ tenantId, session, signal, onFound }: PhaseInput): EngineJob {
  return { tenantId, sessionId: session.id, engine: session.engine, signal, onFound };
}

/** `known`: what was refused in an earlier phase of this revision. */
export async function askEngine<Result>(
  ask: () => Promise<Result>,
  known: readonly Rejection[] = [],
): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    throw toFailure(error, known);
  }
}

function toFailure(error: unknown, known: readonly Rejection[]): unknown {
  if (error instanceof EngineError) {
    const { code, message, isRetryable: retryable } = error;
    const rejections = toJson([...known, ...error.rejections]);
    return new PhaseFailure(
      { code, message, retryable },
      { cause: error, outcome: { revisionPatch: { rejections } } },
    );
  }
  if (error instanceof AnalysisError && error.code !== 'FAILED') {
    const code = `ANALYSIS_${error.code}`;
    return new PhaseFailure({ code, message: error.message, retryable: true }, { cause: error });
  }
  return error;
}
