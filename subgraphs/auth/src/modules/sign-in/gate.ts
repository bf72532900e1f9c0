import { FlowgridError } from '@flowgrid/platform';

/** Runs work, so many at a time and so many waiting; refuses more with SERVICE_UNAVAILABLE. */
export type Gate = <Result>(work: () => Promise<Result>) => Promise<Result>;

export function createGate(limits: { readonly concurrent: number; readonly waiting: number }): Gate {
  const waiting: (() => void)[] = [];
  let running = 0;
  const enter = async (): Promise<void> => {
    if (running < limits.concurrent) {
      running += 1;
      return;
    }
    if (waiting.length >= limits.waiting) {
      throw new FlowgridError('SERVICE_UNAVAILABLE', 'Too many sign-ins at once. Try again shortly.');
    }
    // Whoever leaves hands over its place, so `running` stays as it is.
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  };
  return async (work) => {
    await enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };
}
