/** Keys that wrap the data keys of tenants. They never leave the place where they are kept: a vault, or this process. */

/** A key as it is stored: only the key that wrapped it unwraps it. */
export interface WrappedKey {
  /** The key that wrapped it, with its version. */
  readonly wrappedBy: string;
  /** In base64. */
  readonly wrapped: string;
}

export interface KeyEncryption {
  /** The key that wraps now. What another one wrapped should be wrapped again. */
  current(signal: AbortSignal): Promise<string>;
  wrap(key: Buffer, signal: AbortSignal): Promise<WrappedKey>;
  /** True for what one of its keys, the current or a former one, may have wrapped. */
  knows(wrappedBy: string): boolean;
  /** @throws WrapError for what does not unwrap now (`isPassing`), or never will. */
  unwrap(key: WrappedKey, signal: AbortSignal): Promise<Buffer>;
}

/** A key could not be wrapped or unwrapped. The message names neither key nor content. */
export class WrapError extends Error {
  override readonly name = 'WrapError';
  /** True when the same may succeed later: the vault is away, or wants a pause. */
  readonly isPassing: boolean;

  constructor(message: string, options: { readonly isPassing: boolean; readonly cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.isPassing = options.isPassing;
  }
}

/** Wraps by the first, and unwraps by whichever knows the key: so one place of keys takes over from another. */
export function combineKeyEncryptions(
  current: KeyEncryption,
  former: readonly KeyEncryption[],
): KeyEncryption {
  const all = [current, ...former];
  return {
    current: (signal) => current.current(signal),
    wrap: (key, signal) => current.wrap(key, signal),
    knows: (wrappedBy) => all.some((keys) => keys.knows(wrappedBy)),
    unwrap: (key, signal) => {
      const keys = all.find((candidate) => candidate.knows(key.wrappedBy));
      return keys ? keys.unwrap(key, signal) : Promise.reject(unknownKey());
    },
  };
}

export function unknownKey(): WrapError {
  return new WrapError('the key that wrapped it is not known', { isPassing: false });
}
