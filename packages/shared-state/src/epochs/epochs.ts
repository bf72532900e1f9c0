/** Revocation epochs: when a key was last revoked, so that what was granted under it before is not used any more. */

/** What an epoch is of: `tenant:<id>`, `user:<id>` or `session:<id>`. */
export type EpochKey = `${'tenant' | 'user' | 'session'}:${string}`;

export interface EpochFollower {
  /** A key was raised that this follower was not told of before. Told at least once per raise. */
  readonly onRaised: (key: EpochKey) => void;
  /** The keys that the follower has granted something under; after a gap, they are looked at again. */
  readonly heldKeys: () => Iterable<EpochKey>;
}

export interface Epochs {
  /**
   * Raises the epoch of a key, after the change it speaks of is committed. Resolves when the others can know of it. While the
   * store is away it resolves at once, and this process raises the key when the store is back; never rejects.
   */
  raise(key: EpochKey): Promise<void>;
  /** Epochs in milliseconds since 1970 as the raiser saw them; a key that was not raised lately is absent. Empty while the store is away. */
  read(keys: readonly EpochKey[]): Promise<ReadonlyMap<EpochKey, number>>;
  /**
   * Tells of raised keys until it is disposed of. Best effort: whoever must be sure also asks the source at intervals. After a gap
   * the held keys are read again, and exactly those are told of that were raised and not told of.
   */
  follow(follower: EpochFollower): AsyncDisposable;
}

/** How long a raise is remembered: twice the life of the longest grant, a context token of five minutes. */
export const EPOCH_MEMORY_SECONDS = 600;

const KEY = /^(?:tenant|user|session):[\w.-]{1,120}$/;

/** True for text that is such a key. */
export function isEpochKey(text: string): text is EpochKey {
  return KEY.test(text);
}
