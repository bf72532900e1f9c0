import type { ProcessModel } from '../modules/process-model/process-model.ts';

/** Understands process descriptions. */
export interface Analyzer extends AsyncDisposable {
  /** @throws AnalysisError when it takes too long or cannot be done; the signal's reason when it is given up. */
  analyze(text: string, signal: AbortSignal): Promise<ProcessModel>;
}

export class AnalysisError extends Error {
  override readonly name = 'AnalysisError';
  readonly code: 'TOO_SLOW' | 'TOO_BUSY' | 'FAILED';

  constructor(code: AnalysisError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
