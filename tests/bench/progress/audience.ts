/** Clients that follow sessions through the router, and when each event reached each of them. */
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { until } from '../../testkit/wait.ts';

const SUBSCRIPTION_LIMIT_MS = 60_000;

export interface AudienceOptions {
  /** The router's GraphQL address. */
  readonly url: string;
  readonly token: string;
  readonly sockets: number;
  readonly subscriptions: number;
  /** Sessions, shared out among the subscriptions, with the sequence after which each is followed. */
  readonly sessions: ReadonlyMap<string, number>;
  /** What is read of each event, beside its sequence. */
  readonly selection: string;
}

export interface Audience extends AsyncDisposable {
  /** Followers of each session. */
  readonly followersPerSession: number;
  /** When an event reached its followers so far. */
  arrivalsOf(sessionId: string, sequence: number): readonly number[];
  /** Waits until every follower of the session has the event. */
  hasArrived(sessionId: string, sequence: number): Promise<unknown>;
}

interface Payload {
  readonly designProgress: { readonly sequence: number; readonly session?: { readonly agent?: unknown } };
}

/** Opens all sockets and subscriptions. */
export function openAudience(options: AudienceOptions): Audience {
  const { sockets, subscriptions, sessions } = options;
  const arrivals = new Map<string, number[]>();
  const note = (sessionId: string, sequence: number): void => {
    const key = `${sessionId} ${sequence}`;
    const known = arrivals.get(key);
    if (known) known.push(performance.now());
    else arrivals.set(key, [performance.now()]);
  };
  const followersPerSession = subscriptions / sessions.size;
  const clients = Array.from({ length: sockets }, (_, socket) =>
    openSocket(options, sessionsOf(options, socket), note),
  );
  const arrivalsOf = (sessionId: string, sequence: number): readonly number[] =>
    arrivals.get(`${sessionId} ${sequence}`) ?? [];
  return {
    followersPerSession,
    arrivalsOf,
    hasArrived: (sessionId, sequence) =>
      until(
        `all followers have event ${sequence}`,
        () => arrivalsOf(sessionId, sequence).length === followersPerSession,
        SUBSCRIPTION_LIMIT_MS,
      ),
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) await client.dispose();
    },
  };
}

function sessionsOf(options: AudienceOptions, socket: number): readonly string[] {
  const perSocket = options.subscriptions / options.sockets;
  const sessionIds = [...options.sessions.keys()];
  return Array.from(
    { length: perSocket },
    (_, index) => sessionIds.at((socket + index) % sessionIds.length) ?? '',
  );
}

function openSocket(
  { url, token, sessions, selection }: AudienceOptions,
  sessionIds: readonly string[],
  note: (sessionId: string, sequence: number) => void,
): ReturnType<typeof createClient> {
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  const query = `subscription Progress($id: ID!, $after: Int!) {
    designProgress(sessionId: $id, after: $after) { sequence ${selection} } }`;
  for (const id of sessionIds) {
    client.subscribe<Payload>(
      { query, variables: { id, after: sessions.get(id) } },
      {
        next: ({ data, errors }) => {
          if (!data || errors) throw new Error(`an event with errors: ${JSON.stringify(errors)}`);
          note(id, data.designProgress.sequence);
        },
        // The run fails by itself: the event that is waited for does not arrive.
        error: (error) => console.error('a subscription ended', error),
        complete: () => undefined,
      },
    );
  }
  return client;
}
