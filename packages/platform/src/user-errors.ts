import type { z } from 'zod';

/** Something inside a mutation's `input` that the user can correct. */
export interface UserError {
  readonly code: string;
  readonly message: string;
  /** Where in `input`, outermost field first. */
  readonly path: readonly string[];
}

/**
 * Thrown by services when `input` cannot be accepted. `mutationPayload` turns it into the payload's `errors`.
 * `current` is the entity as it is now, for a stale `expectedRevision`.
 */
export class InvalidInput extends Error {
  override readonly name = 'InvalidInput';
  readonly errors: readonly UserError[];
  readonly current: unknown;

  constructor(errors: readonly UserError[], current: unknown = null) {
    super(errors.map((error) => `${error.path.join('.')}: ${error.message}`).join('; '));
    this.errors = errors;
    this.current = current;
  }
}

/** An `InvalidInput` with one entry. */
export function invalidInput(code: string, message: string, path: readonly string[]): InvalidInput {
  return new InvalidInput([{ code, message, path }]);
}

/**
 * Parses `input` by a zod schema. A zod `custom` issue may name its own code by `params: { code }`.
 * @throws InvalidInput with one entry per issue.
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  throw new InvalidInput(
    result.error.issues.map((issue) => ({
      code: codeOf(issue),
      message: issue.message,
      path: issue.path.map(String),
    })),
  );
}

function codeOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined || issue.input === null ? 'REQUIRED' : 'INVALID';
    case 'too_small':
      return issue.origin === 'string' && issue.input === '' ? 'REQUIRED' : 'INVALID';
    case 'too_big':
      return issue.origin === 'string' || issue.origin === 'array' ? 'TOO_LONG' : 'INVALID';
    case 'custom':
      return typeof issue.params?.['code'] === 'string' ? issue.params['code'] : 'INVALID';
    default:
      return 'INVALID';
  }
}

/**
 * Runs a mutation and shapes its payload: `{ [name]: entity, errors: [] }`, or `errors` with what the user can correct.
 * Everything but `InvalidInput` is passed on as thrown.
 */
export async function mutationPayload<Name extends string, Entity>(
  name: Name,
  work: () => Promise<Entity>,
): Promise<Record<Name, Entity | null> & { errors: readonly UserError[] }>;
export async function mutationPayload(
  name: string,
  work: () => Promise<unknown>,
): Promise<Record<string, unknown>> {
  try {
    return { [name]: await work(), errors: [] };
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { [name]: error.current, errors: error.errors };
  }
}
