/** Looks on while a connector writes, so that afterwards it is known what may have been done. */
import { OutboundError, type OutboundReason } from '@flowgrid/outbound';
import type { Connection } from '../../adapters/connection.ts';
import { ConnectorError } from '../../adapters/connector-error.ts';

/** `NOT_DONE` for certain; `DONE` when the other system said so; `UNKNOWN` when it may have been. */
export type WriteOutcome = 'NOT_DONE' | 'DONE' | 'UNKNOWN';

/** Refused before anything was sent. */
const UNSENT: ReadonlySet<OutboundReason> = new Set([
  'REFUSED_URL',
  'UNREACHABLE_ADDRESS',
  'TLS',
  'LEFT_ALONE',
  'BUSY',
]);
const READING = new Set(['GET', 'HEAD']);
/** A gateway gave up waiting for the system behind it. */
const REQUEST_TIMEOUT = 408;

export class WriteWatch {
  #outcome: WriteOutcome = 'NOT_DONE';

  get outcome(): WriteOutcome {
    return this.#outcome;
  }

  /** The connection, looked on. */
  over(connection: Connection): Connection {
    return {
      ...connection,
      fetch: async (url, init = {}) => {
        if (READING.has((init.method ?? 'GET').toUpperCase())) return connection.fetch(url, init);
        try {
          const response = await connection.fetch(url, init);
          this.#see(outcomeOf(response.status));
          return response;
        } catch (error) {
          // What the connection itself refuses, for its limits or its sign-in, went nowhere.
          const isUnsent =
            error instanceof ConnectorError || (error instanceof OutboundError && UNSENT.has(error.reason));
          this.#see(isUnsent ? 'NOT_DONE' : 'UNKNOWN');
          throw error;
        }
      },
    };
  }

  /** Of several requests, what may have been done counts. */
  #see(outcome: WriteOutcome): void {
    if (this.#outcome !== 'UNKNOWN' && outcome !== 'NOT_DONE') this.#outcome = outcome;
  }
}

function outcomeOf(status: number): WriteOutcome {
  if (status < 300) return 'DONE';
  return status < 500 && status !== REQUEST_TIMEOUT ? 'NOT_DONE' : 'UNKNOWN';
}
