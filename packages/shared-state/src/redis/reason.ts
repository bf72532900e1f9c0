/** What went wrong, in words alone: the errors of ioredis carry their command, with values and passwords. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
