import type { Answer } from './client.ts';

export interface Load {
  /** What came so far; status 0 where nothing came. */
  readonly answers: readonly Answer[];
  /** Waits for what is under way, and gives everything. */
  stop(): Promise<readonly Answer[]>;
}

/** Asks again and again, `askers` at a time, until it is told to stop. */
export function keepAsking(question: (index: number) => Promise<Answer>, askers = 4): Load {
  const answers: Answer[] = [];
  const stopping = new AbortController();
  let index = 0;
  const running = Array.from({ length: askers }, async () => {
    while (!stopping.signal.aborted) {
      index += 1;
      answers.push(
        await question(index).catch((error: unknown) => ({ status: 0, headers: {}, body: String(error) })),
      );
    }
  });
  return {
    answers,
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
      return answers;
    },
  };
}
