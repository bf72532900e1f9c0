/** What integrations and auth say, for whoever pushes. */
import { FlowgridError, notFound } from '@flowgrid/platform';
import { OutsideError } from '../../adapters/outside-call.ts';

const LATER = 'Integrations cannot be reached now. Push again shortly; nothing is done twice.';

export function toRefusal(error: unknown): unknown {
  if (!(error instanceof OutsideError)) return error;
  const { cause, problem } = error;
  if (cause === 'NOT_FOUND') return notFound('Integration');
  if (cause === 'CONFLICT' || cause === 'RATE_LIMITED') {
    return new FlowgridError(cause, wordsOf(error, cause), { cause: error });
  }
  switch (problem) {
    case 'REFUSED':
      return new FlowgridError('FORBIDDEN', 'You may not use integrations any more.', { cause: error });
    case 'UNREACHABLE':
      return new FlowgridError('SERVICE_UNAVAILABLE', LATER, { cause: error });
    case 'UNEXPECTED':
      return error;
    default:
      return problem satisfies never;
  }
}

/** They are for the tenant already. */
function wordsOf({ message }: OutsideError, code: string): string {
  const [, words = 'The other system refused.'] = message.split(`${code}: `);
  return words;
}
