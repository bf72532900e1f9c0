/** What goes wrong on demand, with the conditions of the real service. */
import type { AmqpFailure } from './errors.ts';

export class Faults {
  readonly #sendFailures: AmqpFailure[] = [];
  #lostDispositions = 0;
  #isSilent = false;

  /** The next messages or batches that clients send are refused, each with one of these. */
  failSends(...failures: readonly AmqpFailure[]): void {
    this.#sendFailures.push(...failures);
  }

  /** So many dispositions of clients get lost on the way. */
  loseDispositions(count: number): void {
    this.#lostDispositions += count;
  }

  /** Management requests get no answer, as in a network that swallows packets. */
  setSilent(isSilent: boolean): void {
    this.#isSilent = isSilent;
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  takeSendFailure(): AmqpFailure | undefined {
    return this.#sendFailures.shift();
  }

  takeLostDisposition(): boolean {
    if (this.#lostDispositions === 0) return false;
    this.#lostDispositions -= 1;
    return true;
  }
}
