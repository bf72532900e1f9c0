/** What went wrong, in one sentence: the SDK's errors of several attempts have no message of their own. */
export function toFailure(what: string, error: unknown): Error {
  return new Error(`${what}: ${describeError(error)}`, { cause: error });
}

export function describeError(error: unknown): string {
  if (error instanceof AggregateError) return describeError(error.errors.at(-1));
  return error instanceof Error ? error.message : String(error);
}
