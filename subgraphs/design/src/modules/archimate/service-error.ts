import { FlowgridError } from '@flowgrid/platform';
import { ArchimateRefusal } from './xml/refusal.ts';

/** Work on stored models that cannot be done now, for the client; anything else is passed on. */
export function toServiceError(error: unknown): unknown {
  if (!(error instanceof ArchimateRefusal)) return error;
  const code = error.code === 'TOO_BUSY' || error.code === 'TOO_SLOW' ? 'SERVICE_UNAVAILABLE' : 'CONFLICT';
  return new FlowgridError(code, error.message, { cause: error });
}
