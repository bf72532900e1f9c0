/** What a person makes of a process model: first completed, then checked, and only then stored. */
export { checkProcessModel } from './check-model.ts';
export { completeProcessModel } from './complete-model.ts';
export type { ProcessModelInput } from './model-input.ts';
