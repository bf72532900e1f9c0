/** An open connection, as connectors see it: signed in, within its limits, and nothing of how that is done. */
import type { OutboundFetch } from '@flowgrid/outbound';

export interface Connection {
  readonly id: string;
  /** Where people find the other system: links lead there. */
  readonly baseUrl: string;
  /** Where its API is: the same place, but for ways of signing in that lead to another one. */
  readonly apiUrl: string;
  /** As whom the credential signs in, where the credential says so itself. */
  readonly knownLogin: string | null;
  /** Adds `authorization`, waits for the connection's turn and obeys its limits. */
  readonly fetch: OutboundFetch;
}
