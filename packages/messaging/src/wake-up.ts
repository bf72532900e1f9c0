/** Lets one loop wait until something happens or a time has passed. */
export class WakeUp {
  #isRung = false;
  #resolve: (() => void) | null = null;

  /** Ends the wait that is under way, or the next one. */
  ring(): void {
    this.#isRung = true;
    this.#resolve?.();
  }

  async wait(limitMs: number): Promise<void> {
    if (!this.#isRung) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#resolve = resolve;
      const timer = setTimeout(resolve, limitMs);
      await promise;
      clearTimeout(timer);
      this.#resolve = null;
    }
    this.#isRung = false;
  }
}
