import { expect, test } from 'vitest';
import { OutboundError } from '@flowgrid/outbound';
import { ConnectorError, statusError } from '../../adapters/connector-error.ts';
import type { CapabilityCheck } from '../../adapters/connector.ts';
import { ConnectionPaused } from '../connection/connection-paused.ts';
import type { IntegrationStatus } from './integration.ts';
import { healthOfTest } from './test-health.ts';

const UNTIL = new Date('2026-11-23T10:00:00Z');
const refusal = (status: number): ConnectorError =>
  statusError(status, { system: 'Jira', notFoundHint: '', retryAfter: null });
const granted = (...capabilities: CapabilityCheck[]): Parameters<typeof healthOfTest>[0] => ({
  login: 'bot',
  permissions: [],
  capabilities,
});
const reading = (status: CapabilityCheck['status'], missing: string | null = null): CapabilityCheck => ({
  capability: 'READ_ITEMS',
  status,
  missing,
});

test.each<[string, Parameters<typeof healthOfTest>[0], IntegrationStatus, string | null]>([
  ['a sign-in', granted(reading('AVAILABLE')), 'BROKEN', 'HEALTHY'],
  ['a sign-in that may not be known to read', granted(reading('UNKNOWN')), 'UNTESTED', 'HEALTHY'],
  [
    'a sign-in that may not write',
    granted(reading('AVAILABLE'), { capability: 'CREATE_ITEMS', status: 'MISSING', missing: 'x' }),
    'UNTESTED',
    'HEALTHY',
  ],
  ['a sign-in that may not read', granted(reading('MISSING', 'Grant the role itil.')), 'HEALTHY', 'BROKEN'],
  ['401', refusal(401), 'HEALTHY', 'BROKEN'],
  ['403', refusal(403), 'HEALTHY', 'BROKEN'],
  ['404', refusal(404), 'HEALTHY', 'BROKEN'],
  ['429', refusal(429), 'UNTESTED', 'DEGRADED'],
  ['503', refusal(503), 'UNTESTED', 'DEGRADED'],
  ['an answer of something else', new ConnectorError('Not the API.'), 'HEALTHY', 'BROKEN'],
  ['no answer of what has worked', new OutboundError('TIMEOUT'), 'HEALTHY', 'DEGRADED'],
  ['no answer of what never worked', new OutboundError('TIMEOUT'), 'UNTESTED', 'BROKEN'],
  ['a certificate', new OutboundError('TLS'), 'HEALTHY', 'BROKEN'],
  ['a pause', new ConnectionPaused('Jira', 'PAUSED', UNTIL), 'HEALTHY', 'DEGRADED'],
  ['a limit of our own', new ConnectionPaused('Jira', 'EMPTY', UNTIL), 'HEALTHY', null],
])('%s', (_name, outcome, before, expected) => {
  expect(healthOfTest(outcome, before)?.status ?? null).toBe(expected);
});

test('what is missing for reading is said', () => {
  expect(healthOfTest(granted(reading('MISSING', 'Grant the role itil.')), 'UNTESTED')?.reason).toBe(
    'The credential may not read items. Grant the role itil.',
  );
});
