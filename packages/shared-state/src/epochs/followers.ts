/** Those of this process who want to hear of raises, each told once. */
import type { EpochFollower, EpochKey } from './epochs.ts';

export class Followers {
  readonly #followers = new Set<EpochFollower>();

  /** Returns how to leave. */
  add(follower: EpochFollower): () => void {
    const entry = { ...follower };
    this.#followers.add(entry);
    return () => void this.#followers.delete(entry);
  }

  tell(key: EpochKey): void {
    for (const { onRaised } of this.#followers) onRaised(key);
  }

  heldKeys(): ReadonlySet<EpochKey> {
    return new Set([...this.#followers].flatMap(({ heldKeys }) => [...heldKeys()]));
  }
}
