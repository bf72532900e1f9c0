import type { z } from 'zod';
import { FlowgridError } from '@flowgrid/platform';

/**
 * Parses an argument of a query, which lies outside of any `input`.
 * @throws FlowgridError `BAD_USER_INPUT` that names the place.
 */
export function parseArgument<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = [name, ...(issue?.path ?? [])].map(String).join('.');
  throw new FlowgridError('BAD_USER_INPUT', `"${place}" ${issue?.message ?? 'is not valid'}.`);
}
