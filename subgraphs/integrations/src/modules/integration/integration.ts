/** An integration as the rest of the service sees it: without its credential. */
import type { CapabilityCheck } from '../../adapters/connector.ts';

export const INTEGRATION_KINDS = ['GITHUB', 'JIRA', 'SERVICENOW'] as const;
export type IntegrationKind = (typeof INTEGRATION_KINDS)[number];

/** As messages call them. */
export const SYSTEM_NAMES: Readonly<Record<IntegrationKind, string>> = {
  GITHUB: 'GitHub',
  JIRA: 'Jira',
  SERVICENOW: 'ServiceNow',
};

export const INTEGRATION_STATUSES = ['UNTESTED', 'HEALTHY', 'DEGRADED', 'BROKEN'] as const;
export type IntegrationStatus = (typeof INTEGRATION_STATUSES)[number];

export interface Integration {
  readonly id: string;
  readonly kind: IntegrationKind;
  readonly name: string;
  readonly baseUrl: string;
  readonly status: IntegrationStatus;
  readonly credentialHint: string | null;
  readonly lastError: string | null;
  readonly lastTestedAt: Date | null;
  /** Rises with each change of address or credential. */
  readonly connectionRevision: number;
  /** What the tenant allows; null for what its kind of system allows. */
  readonly requestsPerMinute: number | null;
  /** What the granted rights allow, as the last test found it; null before the first one. */
  readonly checkedCapabilities: readonly CapabilityCheck[] | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** How a test of a connection went. */
export interface IntegrationTestReport {
  readonly ok: boolean;
  readonly checkedAt: Date;
  readonly latencyMs: number;
  readonly account: string | null;
  readonly message: string;
  readonly permissions: readonly string[];
  /** What the granted rights allow; empty when the sign-in failed. */
  readonly capabilities: readonly CapabilityCheck[];
}
