/** An integration as the rest of the service sees it: without its credential. */
export const INTEGRATION_KINDS = ['GITHUB', 'JIRA', 'SERVICENOW'] as const;
export type IntegrationKind = (typeof INTEGRATION_KINDS)[number];

export const INTEGRATION_STATUSES = ['UNTESTED', 'CONNECTED', 'FAILED'] as const;
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
}
