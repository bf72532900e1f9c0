/** What the inputs of all services are made of: text as PostgreSQL can keep it, and ids. */
import { z } from 'zod';
import { isId } from './ids.ts';

/** True for text without NUL characters and unpaired surrogates, which PostgreSQL does not take. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

const CONTROL_CHARACTER = /\p{Cc}/u;

/** Text of any number of lines. */
export function text(maxLength: number): z.ZodString {
  return z
    .string()
    .max(maxLength, `must have at most ${maxLength} characters`)
    .refine(isStorable, 'must be text without NUL characters and unpaired surrogates');
}

/** One line that is not blank; white space around it is removed. */
export function line(maxLength: number): z.ZodString {
  return z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(maxLength, `must have at most ${maxLength} characters`)
    .refine(
      (value) => !CONTROL_CHARACTER.test(value) && value.isWellFormed(),
      'must be one line without control characters',
    );
}

/** An id that the caller chooses, in the form in which the database writes it. */
export const ownId = z
  .string()
  .refine(isId, 'must be a UUID')
  .transform((id) => id.toLowerCase());
