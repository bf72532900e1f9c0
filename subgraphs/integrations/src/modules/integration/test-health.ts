/** What a test says of a connection. */
import { OutboundError } from '@flowgrid/outbound';
import { ConnectorError } from '../../adapters/connector-error.ts';
import type { ConnectionCheck } from '../../adapters/connector.ts';
import { ConnectionPaused } from '../connection/connection-paused.ts';
import type { Health } from '../connection/health.ts';
import type { IntegrationStatus } from './integration.ts';

const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;

/** Null when it says nothing: the connection's own limits were in the way. Pure. */
export function healthOfTest(outcome: ConnectionCheck | Error, before: IntegrationStatus): Health | null {
  if (!(outcome instanceof Error)) return healthOfCheck(outcome);
  if (outcome instanceof ConnectionPaused && outcome.reason !== 'PAUSED') return null;
  const { message: reason } = outcome;
  const isPassing = outcome instanceof OutboundError ? isOutage(outcome, before) : isTrouble(outcome);
  return { status: isPassing ? 'DEGRADED' : 'BROKEN', reason };
}

function healthOfCheck({ capabilities }: ConnectionCheck): Health {
  const reading = capabilities.find(({ capability }) => capability === 'READ_ITEMS');
  if (reading?.status !== 'MISSING') return { status: 'HEALTHY', reason: 'A test signed in.' };
  const mending = reading.missing === null ? '' : ` ${reading.missing}`;
  return { status: 'BROKEN', reason: `The credential may not read items.${mending}` };
}

/** A server that never answered is as likely not there at all: then the address is wrong. */
function isOutage({ reason }: OutboundError, before: IntegrationStatus): boolean {
  const hasWorked = before === 'HEALTHY' || before === 'DEGRADED';
  return hasWorked && ['CONNECTION', 'TIMEOUT', 'LEFT_ALONE', 'BUSY'].includes(reason);
}

function isTrouble(error: Error): boolean {
  const status = error instanceof ConnectorError ? error.status : null;
  return status !== null && (status === TOO_MANY_REQUESTS || status >= SERVER_ERROR);
}
