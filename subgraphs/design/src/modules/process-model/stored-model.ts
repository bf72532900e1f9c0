/** Process models as they come back from the database. */
import { invariant } from '@flowgrid/platform';
import type { ProcessModel } from './process-model.ts';

/** Trusts what this service stored itself, but for the outermost shape. */
export function parseStoredModel(value: unknown): ProcessModel {
  invariant(
    typeof value === 'object' && value !== null && 'revision' in value && 'activities' in value,
    'a stored process model has a revision and activities',
  );
  return value as ProcessModel;
}
