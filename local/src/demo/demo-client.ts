/** The demo's way to the router: queries by HTTP, progress by WebSocket, as any program would do it. */
import { createClient, type Client } from 'graphql-ws';
import { z } from 'zod';
import { LocalError } from '../local-error.ts';
import type { SignedIn } from '../sign-in.ts';
import { DESIGN_PROGRESS, DesignProgress } from './operations.ts';

const REQUEST_TIMEOUT_MS = 30_000;
const RECONNECT_ATTEMPTS = 10;

const Answer = z.object({
  data: z.unknown(),
  errors: z.array(z.object({ message: z.string() })).optional(),
});

type Progress = z.infer<typeof DesignProgress>['designProgress'];

export interface DemoClient extends AsyncDisposable {
  /** Sends an operation and parses its data. Throws a LocalError with the server's messages when there are errors. */
  request<Schema extends z.ZodType>(
    query: string,
    variables: object,
    schema: Schema,
  ): Promise<z.output<Schema>>;
  /** Follows a session to its end, through lost connections. */
  followProgress(sessionId: string, onEvent: (event: Progress) => void): Promise<void>;
}

export function createDemoClient({ graphqlUrl, accessToken }: SignedIn): DemoClient {
  const socket = createClient({
    url: graphqlUrl.replace(/^http/, 'ws'),
    connectionParams: { authorization: `Bearer ${accessToken}` },
  });
  return {
    request: async (query, variables, schema) => {
      const response = await fetch(graphqlUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      const { data, errors } = Answer.parse(await response.json());
      if (errors) throw new LocalError(errors.map(({ message }) => message).join('\n'));
      return schema.parse(data);
    },
    followProgress: async (sessionId, onEvent) => {
      let after = 0;
      for (let attempt = 1; ; attempt += 1) {
        try {
          for await (const event of progressOf(socket, { sessionId, after })) {
            after = event.sequence;
            onEvent(event);
          }
          return;
        } catch (error) {
          // A lost socket is opened again; what was missed is replayed from the last sequence number.
          if (error instanceof Error || attempt === RECONNECT_ATTEMPTS) throw error;
        }
      }
    },
    [Symbol.asyncDispose]: async () => {
      await socket.dispose();
    },
  };
}

async function* progressOf(
  socket: Client,
  variables: { sessionId: string; after: number },
): AsyncGenerator<Progress> {
  for await (const { data, errors } of socket.iterate({ query: DESIGN_PROGRESS, variables })) {
    if (errors) throw new LocalError(errors.map(({ message }) => message).join('\n'));
    yield DesignProgress.parse(data).designProgress;
  }
}
