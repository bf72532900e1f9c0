/** An async generator that a consumer can stop while it waits. A bare one takes notice of `return` only at its next `yield`. */
export function abortable<Value>(
  start: (stopped: AbortSignal) => AsyncGenerator<Value, void, undefined>,
): AsyncIterableIterator<Value> {
  const controller = new AbortController();
  const generator = start(controller.signal);
  const iterator: AsyncIterableIterator<Value> = {
    next: () => generator.next(),
    return: () => {
      controller.abort();
      return generator.return();
    },
    throw: (error: unknown) => {
      controller.abort();
      return generator.throw(error);
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
