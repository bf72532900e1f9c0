/** A request that was not made, because its connection has to wait. */
import { unreachable } from '@flowgrid/platform';
import { ConnectorError } from '../../adapters/connector-error.ts';

export type PauseReason = 'PAUSED' | 'OPEN' | 'BUSY' | 'EMPTY';

const TOO_MANY_REQUESTS = 429;

/** Nothing was sent. Whoever works in the background puts the work back until then; nobody else waits for so long. */
export class ConnectionPaused extends ConnectorError {
  readonly until: Date;
  readonly reason: PauseReason;

  constructor(system: string, reason: PauseReason, until: Date) {
    super(messageOf(system, reason, until), { status: TOO_MANY_REQUESTS });
    this.until = until;
    this.reason = reason;
  }
}

function messageOf(system: string, reason: PauseReason, until: Date): string {
  const time = toTime(until);
  switch (reason) {
    case 'PAUSED':
      return `${system} limits its requests. This connection waits until ${time}; try again then.`;
    case 'OPEN':
      return `${system} has failed several times. This connection waits until ${time}; try again then.`;
    case 'EMPTY':
      return `This connection has used up its requests. It waits until ${time}; try again then.`;
    case 'BUSY':
      return 'This connection has as many requests under way as it may. Try again shortly.';
    default:
      return unreachable(reason);
  }
}

/** To the second, which is enough to wait for. */
export function toTime(date: Date): string {
  const seconds = new Date(Math.ceil(date.getTime() / 1000) * 1000);
  return `${seconds.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
