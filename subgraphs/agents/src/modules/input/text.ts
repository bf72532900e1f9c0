/** Text as PostgreSQL can keep it: without NUL characters and unpaired surrogates. */
import { z } from 'zod';

export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

const CONTROL_CHARACTER = /\p{Cc}/u;

/** Text of any number of lines. */
export function text(maxLength: number) {
  return z
    .string()
    .max(maxLength, `must have at most ${maxLength} characters`)
    .refine(isStorable, 'must be text without NUL characters and unpaired surrogates');
}

/** One line that is not blank; white space around it is removed. */
export function line(maxLength: number) {
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

/** Text of a fixed form. `message` says which; a text that is empty or too long is told as that alone. */
export function formatted({ pattern, maxLength, message }: TextFormat) {
  return z
    .string()
    .min(1, { error: 'must not be empty', abort: true })
    .max(maxLength, { error: `must have at most ${maxLength} characters`, abort: true })
    .regex(pattern, message);
}

export interface TextFormat {
  readonly pattern: RegExp;
  readonly maxLength: number;
  readonly message: string;
}
