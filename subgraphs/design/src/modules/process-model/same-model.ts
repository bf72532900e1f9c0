import { isDeepStrictEqual } from 'node:util';
import type { ProcessModel } from './process-model.ts';

/** Whether two models say the same, whatever their revisions. */
export function isSameModel(left: ProcessModel, right: ProcessModel): boolean {
  return isDeepStrictEqual(asStored(left), asStored(right));
}

function asStored(model: ProcessModel): unknown {
  return JSON.parse(JSON.stringify({ ...model, revision: 0 }));
}
