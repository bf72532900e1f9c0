/** Resolvers of the small subgraphs. */
import { FlowgridError, isErrorCode } from '@flowgrid/platform';

const toAgent = (id: string): object => ({
  __typename: 'Agent',
  id,
  name: `Agent ${id}`,
  note: `note of ${id}`,
  owner: { __typename: 'User', id: `owner-of-${id}` },
});

export function agentResolvers(): object {
  return {
    Query: {
      agents: (_: unknown, { first }: { first: number }) =>
        Array.from({ length: first }, (_item, index) => toAgent(String(index + 1))),
      agent: (_: unknown, { id }: { id: string }) => toAgent(id),
      things: () => [toAgent('1'), { __typename: 'Tool', id: 't1', note: 'open note' }],
      plan: () => 'the plan',
      fail: (_: unknown, { code }: { code?: string }) => {
        if (isErrorCode(code))
          throw new FlowgridError(code, 'said by the service', { details: { field: 'fail' } });
        throw new Error('secret host 10.0.0.1');
      },
    },
    Mutation: {
      renameAgent: (_: unknown, { id, name }: { id: string; name: string }) => ({ ...toAgent(id), name }),
    },
    Agent: { __resolveReference: ({ id }: { id: string }) => toAgent(id) },
  };
}

export function authResolvers(): object {
  const toUser = (id: string): object => ({ id, name: `Name of ${id}`, email: `${id}@acme.test` });
  return {
    Query: { viewer: () => toUser('me') },
    User: { __resolveReference: ({ id }: { id: string }) => toUser(id) },
  };
}

interface Event {
  readonly sequence: number;
  readonly message: string;
}

/** Sessions keep their events, as the real ones do: a subscriber reads from any of them on. */
class Sessions {
  readonly #events = new Map<string, Event[]>();
  readonly #wakes = new Set<() => void>();
  openStreams = 0;

  add(sessionId: string, message: string): void {
    const events = this.#events.get(sessionId) ?? [];
    events.push({ sequence: events.length + 1, message });
    this.#events.set(sessionId, events);
    for (const wake of this.#wakes) wake();
  }

  follow(sessionId: string, after: number): AsyncIterableIterator<{ progress: object }> {
    let last = after;
    let isDone = false;
    let wake: () => void = () => undefined;
    const wakeUp = (): void => wake();
    this.#wakes.add(wakeUp);
    this.openStreams += 1;
    const leave = (): void => {
      if (this.#wakes.delete(wakeUp)) this.openStreams -= 1;
    };
    const stream: AsyncIterableIterator<{ progress: object }> = {
      next: async () => {
        for (;;) {
          if (isDone) {
            leave();
            return { done: true, value: undefined };
          }
          const event = this.#events.get(sessionId)?.[last];
          if (event) {
            last = event.sequence;
            if (event.message === 'end') isDone = true;
            return { done: false, value: { progress: { ...event, session: { id: sessionId } } } };
          }
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      },
      return: () => {
        leave();
        isDone = true;
        wake();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]: () => stream,
    };
    return stream;
  }
}

export function designResolvers(): {
  resolvers: object;
  add: (sessionId: string, message: string) => void;
  openStreams: () => number;
} {
  const sessions = new Sessions();
  const toSession = (id: string): object => ({ id, title: `Session ${id}`, agent: { id: '7' } });
  const tick = (name: string): object => ({
    subscribe: async function* () {
      for (let count = 1; ; count += 1) {
        yield { [name]: { count, agent: { id: String(count) } } };
        await new Promise((resolve) => {
          setTimeout(resolve, 20);
        });
      }
    },
  });
  return {
    add: (sessionId, message) => sessions.add(sessionId, message),
    openStreams: () => sessions.openStreams,
    resolvers: {
      Query: { session: (_: unknown, { id }: { id: string }) => toSession(id) },
      Session: {
        title: ({ id }: { id: string }) => `Session ${id}`,
        agent: () => ({ id: '7' }),
        __resolveReference: ({ id }: { id: string }) => toSession(id),
      },
      Subscription: {
        progress: {
          subscribe: (_: unknown, { sessionId, after }: { sessionId: string; after: number }) => {
            if (sessionId === 'foreign') throw new FlowgridError('NOT_FOUND', 'Session not found.');
            return sessions.follow(sessionId, after);
          },
        },
        ticks: tick('ticks'),
        watched: tick('watched'),
      },
    },
  };
}
