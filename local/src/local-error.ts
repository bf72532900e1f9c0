/** A failure that the person at the terminal can act on: its message is printed without a stack. */
export class LocalError extends Error {
  override readonly name: string = 'LocalError';
}

/** One that stays until that person has acted, so that trying again is of no use. */
export class FinalError extends LocalError {
  override readonly name = 'FinalError';
}
