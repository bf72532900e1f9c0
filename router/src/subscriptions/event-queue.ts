/** Events between a producer that cannot be slowed and a consumer that sets the pace; bounded. */
export class EventQueue<Item> {
  readonly #items: Item[] = [];
  readonly #capacity: number;
  #end: { readonly error: unknown } | null = null;
  #wake: (() => void) | null = null;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** False when the queue is full; the item is then not kept. */
  push(item: Item): boolean {
    if (this.#end) return true;
    if (this.#items.length >= this.#capacity) return false;
    this.#items.push(item);
    this.#notify();
    return true;
  }

  /** Ends the queue after what it holds; with an error, the consumer's loop throws it then. The first end counts. */
  end(error?: unknown): void {
    this.#end ??= { error };
    this.#notify();
  }

  /** Ends the queue at once. */
  clear(): void {
    this.#items.length = 0;
    this.end();
  }

  async *drain(): AsyncGenerator<Item, void, undefined> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) yield item;
      else if (this.#end) {
        if (this.#end.error !== undefined) throw this.#end.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
