/** Whether an answer has the shape that was asked for. */
import type { z } from 'zod';
import type { Checked } from './ask-checked.ts';

export function checkShape<Answer, Result>(
  schema: z.ZodType<Answer>,
  value: unknown,
  build: (answer: Answer) => Checked<Result>,
): Checked<Result> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return build(parsed.data);
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return { result: null, faults, rejections: [] };
}
