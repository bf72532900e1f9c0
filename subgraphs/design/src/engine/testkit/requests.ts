/** Requests to an engine for tests: ordinary ones, of which a test changes what it is about. */
import type { Analyzer } from '../../adapters/analyzer.ts';
import { EMPTY_MODEL } from '../../modules/definition/samples.ts';
import type { ProcessModel } from '../../modules/process-model/process-model.ts';
import { analyzeProcessText } from '../../modules/process-model/analysis/analyze.ts';
import type { AnalysisRequest, DesignRequest } from '../engine.ts';

const JOB = {
  tenantId: 'tenant-1',
  sessionId: 'session-1',
  engine: 'AUTO',
  signal: new AbortController().signal,
  onFound: (): void => undefined,
} as const;

export function analysisRequest(
  parts: Partial<AnalysisRequest> & Pick<AnalysisRequest, 'sourceText'>,
): AnalysisRequest {
  return { ...JOB, previous: null, ...parts };
}

export function designRequest(
  parts: Partial<DesignRequest> & Pick<DesignRequest, 'sourceText' | 'processModel'>,
): DesignRequest {
  return {
    ...JOB,
    title: 'Handle cases',
    existingAgents: [],
    integrationKinds: ['SERVICENOW', 'JIRA'],
    model: { provider: 'anthropic', name: 'some-model' },
    split: 'ONE',
    base: null,
    previous: null,
    ...parts,
  };
}

/** The analysis by rules, without its thread. */
export const inlineAnalyzer: Analyzer = {
  analyze: async (text) => analyzeProcessText(text),
  [Symbol.asyncDispose]: async () => undefined,
};

/** Reads nothing: for tests in which only the AI model reads. */
export const blindAnalyzer: Analyzer = {
  analyze: async (): Promise<ProcessModel> => EMPTY_MODEL,
  [Symbol.asyncDispose]: async () => undefined,
};
