import type { Clock } from '@flowgrid/platform';

/** Remembers values for a short while, and of many the last ones. */
export class RecentMap<Value> {
  readonly #options: { readonly clock: Clock; readonly capacity: number; readonly forMs: number };
  readonly #entries = new Map<string, { readonly value: Value; readonly until: number }>();

  constructor(options: { readonly clock: Clock; readonly capacity: number; readonly forMs: number }) {
    this.#options = options;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.until > this.#options.clock.now().getTime()) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: Value): void {
    const { clock, capacity, forMs } = this.#options;
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: clock.now().getTime() + forMs });
    if (this.#entries.size <= capacity) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
