/** Lets one loop wait until something happens or a time has passed, without missing what happens while it does not wait. */
export class WakeUp {
  #isDue = false;
  #resolve: (() => void) | null = null;

  /** Ends the wait that is under way, or the next one. */
  wake(): void {
    this.#isDue = true;
    this.#resolve?.();
  }

  async wait(limitMs: number): Promise<void> {
    if (!this.#isDue) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#resolve = resolve;
      const timer = setTimeout(resolve, limitMs);
      await promise;
      clearTimeout(timer);
      this.#resolve = null;
    }
    this.#isDue = false;
  }
}
