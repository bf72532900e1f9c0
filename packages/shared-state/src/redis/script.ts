import { createHash } from 'node:crypto';

/** A Lua script of one key. */
export interface Script {
  readonly source: string;
  readonly sha1: string;
}

export function createScript(source: string): Script {
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}
