/** JSON objects from outside, bounded in depth and size. */
import { z } from 'zod';
import { isStorable } from '@flowgrid/platform';
import { canonicalJson, type JsonObject } from '../definition/canonical-json.ts';

export interface JsonLimits {
  readonly maxBytes: number;
  /** The object itself is one level. */
  readonly maxDepth: number;
}

interface Fault {
  readonly code: 'REQUIRED' | 'INVALID' | 'TOO_LONG';
  readonly message: string;
}

/** A JSON object whose names are only data: `__proto__` and `constructor` are names like any other. */
export function jsonObject(limits: JsonLimits) {
  return z.unknown().transform((value, context): JsonObject => {
    const fault = findFault(value, limits);
    if (fault === null) return value as JsonObject;
    context.addIssue({ code: 'custom', message: fault.message, params: { code: fault.code } });
    return z.NEVER;
  });
}

function findFault(value: unknown, { maxBytes, maxDepth }: JsonLimits): Fault | null {
  if (value === undefined || value === null) return { code: 'REQUIRED', message: 'must not be null' };
  if (!isObject(value)) return { code: 'INVALID', message: 'must be a JSON object' };
  const problem = findProblem(value, maxDepth);
  if (problem !== null) return { code: 'INVALID', message: problem };
  return Buffer.byteLength(canonicalJson(value)) > maxBytes
    ? { code: 'TOO_LONG', message: `must have at most ${maxBytes} bytes as JSON` }
    : null;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What no store or reader could take; `levels` is how much deeper the value may go. */
function findProblem(value: unknown, levels: number): string | null {
  if (typeof value === 'string') return storableProblem(value);
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'must hold finite numbers only';
  if (typeof value !== 'object' || value === null) return null;
  if (levels === 0) return 'is nested too deeply';
  for (const [name, member] of Object.entries(value)) {
    const problem = storableProblem(name) ?? findProblem(member, levels - 1);
    if (problem !== null) return problem;
  }
  return null;
}

function storableProblem(text: string): string | null {
  return isStorable(text) ? null : 'must be without NUL characters and unpaired surrogates';
}
