import { z } from 'zod';

export interface TextFormat {
  readonly pattern: RegExp;
  readonly maxLength: number;
  readonly message: string;
}

/** Text of a fixed form. `message` says which; a text that is empty or too long is told as that alone. */
export function formatted({ pattern, maxLength, message }: TextFormat) {
  return z
    .string()
    .min(1, { error: 'must not be empty', abort: true })
    .max(maxLength, { error: `must have at most ${maxLength} characters`, abort: true })
    .regex(pattern, message);
}
