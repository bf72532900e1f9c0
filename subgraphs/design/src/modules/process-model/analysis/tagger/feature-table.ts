/** Feature keys to row numbers: open addressing, so that it is built from a file in one pass and read without objects. */
export class FeatureTable {
  readonly keys: Uint32Array;
  readonly #slots: Int32Array;
  readonly #mask: number;

  /** The row of a key is its place in `keys`. */
  constructor(keys: Uint32Array) {
    this.keys = keys;
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, keys.length * 2)));
    this.#mask = size - 1;
    this.#slots = new Int32Array(size).fill(-1);
    keys.forEach((key, row) => {
      let slot = key & this.#mask;
      while ((this.#slots[slot] ?? -1) >= 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = row;
    });
  }

  /** The row, or -1 for a feature that was not learnt. */
  rowOf(key: number): number {
    let slot = key & this.#mask;
    for (;;) {
      const row = this.#slots[slot] ?? -1;
      if (row < 0 || this.keys[row] === key) return row;
      slot = (slot + 1) & this.#mask;
    }
  }
}
