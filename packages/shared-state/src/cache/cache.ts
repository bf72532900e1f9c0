/** A cache that processes may share: what is in it may be gone, or as old as its time to live. */

/** Whose values they are. `global` is for what is the same for everyone; all else belongs to a tenant. */
export type CacheScope = { readonly tenantId: string } | 'global';

/** A kind of value in one scope. */
export interface CacheSpace<Value> {
  /** What the values are: lower case, digits and dashes. */
  readonly namespace: string;
  readonly scope: CacheScope;
  /** Checks what was read, because another version of the program may have written it. What it throws counts as a miss. */
  readonly parse: (stored: unknown) => Value;
}

export interface Cache {
  /** The value, or undefined: never stored, expired, crowded out, of another form, or the store is away. Never rejects. */
  get<Value>(space: CacheSpace<Value>, key: string): Promise<Value | undefined>;
  /**
   * Stores a value that JSON can carry, best effort. False when it was not stored: larger than `VALUE_LIMIT_BYTES`, or the
   * store is away. Never rejects for either.
   */
  set<Value>(
    space: CacheSpace<Value>,
    entry: { readonly key: string; readonly value: Value; readonly ttlSeconds: number },
  ): Promise<boolean>;
  /**
   * Forgets a value, best effort: a process with a memory of its own, or one that asks while the store is away, may see it until
   * its time is over. Cache only what may be that old.
   */
  delete(space: Pick<CacheSpace<unknown>, 'namespace' | 'scope'>, key: string): Promise<void>;
}

/** Largest value in bytes of JSON. */
export const VALUE_LIMIT_BYTES = 64 * 1024;
