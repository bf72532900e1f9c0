/**
 * How many retries there may be for the calls there are. Without it, everybody trying three times is three times the load
 * for a service that fails because of its load.
 */
export class RetryBudget {
  readonly #ratio: number;
  readonly #reserve: number;
  #balance: number;

  /** `ratio` retries per call; `reserve` is what may be saved up, and what there is at first. */
  constructor(ratio: number, reserve: number) {
    this.#ratio = ratio;
    this.#reserve = reserve;
    this.#balance = reserve;
  }

  /** Notes a call. */
  earn(): void {
    this.#balance = Math.min(this.#reserve, this.#balance + this.#ratio);
  }

  /** Takes a retry out of the budget; false when there is none left. */
  spend(): boolean {
    if (this.#balance < 1) return false;
    this.#balance -= 1;
    return true;
  }

  /** Gives a retry back that was not made. */
  giveBack(): void {
    this.#balance = Math.min(this.#reserve, this.#balance + 1);
  }
}
