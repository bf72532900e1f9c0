/** Lets a loop sleep until something happens, without missing what happens while it is awake. */
export interface WakeUp {
  wake(): void;
  /** Resolves at the next `wake`, at once when there was one since the last `wait`, and after the limit. */
  wait(limitMs: number): Promise<void>;
}

export function createWakeUp(): WakeUp {
  let isAwake = false;
  let onWake: () => void = () => undefined;
  return {
    wake: () => {
      isAwake = true;
      onWake();
    },
    wait: async (limitMs) => {
      if (!isAwake) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, limitMs);
        onWake = resolve;
        await promise;
        clearTimeout(timer);
      }
      isAwake = false;
    },
  };
}
