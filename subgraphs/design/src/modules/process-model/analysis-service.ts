/** Analyses a text at once, without storing anything. */
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import { FlowgridError } from '@flowgrid/platform';
import { AnalysisError, type Analyzer } from '../../adapters/analyzer.ts';
import { checkDescription } from './analysis/description.ts';
import type { ProcessModel } from './process-model.ts';

const MAX_LENGTH = 10_000;

export type AnalysisService = ReturnType<typeof createAnalysisService>;

export function createAnalysisService(options: {
  readonly analyzer: Analyzer;
  readonly signal: AbortSignal;
}) {
  return {
    /** @throws FlowgridError `BAD_USER_INPUT` for what is no English text of at most 10,000 characters. */
    analyze: async (request: ServiceRequest, text: string): Promise<ProcessModel> => {
      requirePermission(request.viewer, 'design:run');
      if (text.length > MAX_LENGTH) {
        const limit = MAX_LENGTH.toLocaleString('en');
        throw refused(
          'TOO_LONG',
          `The text has more than ${limit} characters. Start a design for longer ones.`,
        );
      }
      const [problem] = checkDescription(text);
      if (problem) throw refused(problem.code, problem.message);
      try {
        return await options.analyzer.analyze(text, options.signal);
      } catch (error) {
        if (!(error instanceof AnalysisError) || error.code === 'FAILED') throw error;
        throw new FlowgridError('SERVICE_UNAVAILABLE', error.message, { cause: error });
      }
    },
  };
}

function refused(reason: string, message: string): FlowgridError {
  return new FlowgridError('BAD_USER_INPUT', message, { details: { reason, argument: 'text' } });
}
