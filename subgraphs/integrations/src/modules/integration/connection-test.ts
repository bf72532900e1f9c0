/** Tests a stored connection against the real server at its other end. */
import { requirePermission, type ServiceRequest, type TenantViewer } from '@flowgrid/access';
import { FlowgridError, currentScope, isId, notFound, type Clock, type Logger } from '@flowgrid/platform';
import { ConnectorError } from '../../adapters/connector-error.ts';
import type { ConnectionCheck } from '../../adapters/connector.ts';
import { OutboundError, type OutboundFetch } from '@flowgrid/outbound';
import type { IntegrationsDatabase } from '../../database.ts';
import { openConnection, type Connectors } from '../connection/open-connection.ts';
import { openCredential, type SealedFields } from '../credential/open-credential.ts';
import { SealError, type SecretBox } from '../credential/secret-box.ts';
import * as store from './integration-store.ts';
import type { Integration, IntegrationTestReport } from './integration.ts';
import { recordChange } from './record-change.ts';

export interface ConnectionTesterOptions {
  readonly database: IntegrationsDatabase;
  readonly secretBox: SecretBox;
  readonly connectors: Connectors;
  readonly fetch: OutboundFetch;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For all requests of one test together. */
  readonly deadlineMs?: number;
}

export interface TestedIntegration {
  readonly integration: Integration;
  readonly report: IntegrationTestReport;
}

const DEADLINE_MS = 10_000;
/** Of the request's own time, left for the record of the test: an answer too late would pass for a service that hangs. */
const RECORD_MS = 1_000;
/** At once, in this process: a tenant whose servers hang keeps no sockets from the others. */
const MAX_TESTS_PER_TENANT = 5;

export class ConnectionTester {
  readonly #options: ConnectionTesterOptions;
  readonly #running = new Map<string, number>();

  constructor(options: ConnectionTesterOptions) {
    this.#options = options;
  }

  /** No transaction is open while the other server is asked. */
  async test(request: ServiceRequest, id: string): Promise<TestedIntegration> {
    const viewer = requirePermission(request.viewer, 'integration:manage');
    if (!isId(id)) throw notFound('Integration');
    const { integration, sealed } = await this.#read(viewer, id);
    const report = await this.#withinLimit(viewer, () => this.#report(viewer, integration, sealed));
    const current = await this.#record({ viewer, requestId: request.requestId }, integration, report);
    return { integration: current, report };
  }

  async #withinLimit<Result>({ tenantId }: TenantViewer, work: () => Promise<Result>): Promise<Result> {
    const running = this.#running.get(tenantId) ?? 0;
    if (running >= MAX_TESTS_PER_TENANT)
      throw new FlowgridError(
        'RATE_LIMITED',
        `At most ${MAX_TESTS_PER_TENANT} tests run at once. Try again shortly.`,
      );
    this.#running.set(tenantId, running + 1);
    try {
      return await work();
    } finally {
      const left = (this.#running.get(tenantId) ?? 1) - 1;
      if (left > 0) this.#running.set(tenantId, left);
      else this.#running.delete(tenantId);
    }
  }

  #read(viewer: TenantViewer, id: string): Promise<{ integration: Integration; sealed: SealedFields }> {
    const { tenantId } = viewer;
    return this.#options.database.inTenant(tenantId, async (tx) => {
      // Locked: address and credential are read as they belong together.
      const integration = await store.findIntegrationForUpdate(tx, tenantId, id);
      if (!integration) throw notFound('Integration');
      return {
        integration,
        sealed: await store.listSealedFields(tx, { tenantId, integrationId: integration.id }),
      };
    });
  }

  async #report(
    viewer: TenantViewer,
    integration: Integration,
    sealed: SealedFields,
  ): Promise<IntegrationTestReport> {
    const { clock } = this.#options;
    const startedAt = clock.now();
    const outcome = await this.#identify(viewer, integration, sealed);
    const checkedAt = clock.now();
    const latencyMs = Math.max(0, checkedAt.getTime() - startedAt.getTime());
    if (outcome instanceof Error)
      return { ok: false, checkedAt, latencyMs, account: null, message: outcome.message, permissions: [] };
    const { login, permissions } = outcome;
    return { ok: true, checkedAt, latencyMs, account: login, message: `Connected as ${login}.`, permissions };
  }

  /** A failure that the tenant can understand is returned; anything else is a bug and thrown. */
  async #identify(
    viewer: TenantViewer,
    integration: Integration,
    sealed: SealedFields,
  ): Promise<ConnectionCheck | Error> {
    const { connectors, fetch, secretBox, logger, deadlineMs } = this.#options;
    const { id, baseUrl } = integration;
    const leftMs = (currentScope()?.deadline?.leftMs() ?? Infinity) - RECORD_MS;
    const signal = AbortSignal.timeout(Math.max(0, Math.min(deadlineMs ?? DEADLINE_MS, leftMs)));
    try {
      const { tenantId } = viewer;
      const credential = openCredential(await secretBox.unlock(tenantId), { integration, sealed });
      const { connector, connection } = openConnection({ connectors, fetch }, { id, baseUrl, credential });
      return await connector.check(connection, signal);
    } catch (error) {
      if (error instanceof SealError) {
        logger.error({ integrationId: id, reason: error.message }, 'a stored credential does not open');
        return new Error('The stored credential cannot be opened any more. Enter it again.');
      }
      if (!(error instanceof ConnectorError || error instanceof OutboundError)) throw error;
      // The cause is left out: it may carry headers and addresses.
      logger.info({ integrationId: id, reason: error.message }, 'a connection test failed');
      return error;
    }
  }

  #record(
    by: { readonly viewer: TenantViewer; readonly requestId: string },
    tested: Integration,
    report: IntegrationTestReport,
  ): Promise<Integration> {
    const { database, clock } = this.#options;
    const { tenantId } = by.viewer;
    const { id, connectionRevision } = tested;
    const outcome: store.TestOutcome = {
      status: report.ok ? 'CONNECTED' : 'FAILED',
      lastError: report.ok ? null : report.message,
      lastTestedAt: report.checkedAt,
    };
    return database.inTenant(tenantId, async (tx) => {
      const isRecorded = await store.recordTest(tx, tenantId, { id, connectionRevision, outcome });
      // Locked also when the test was not recorded: its event keeps the order of those of other changes.
      const current = await store.findIntegrationForUpdate(tx, tenantId, id);
      if (!current) throw notFound('Integration');
      const { ok } = report;
      // Which account a credential belongs to is for those who manage integrations, and events are for all who read them.
      const message = ok ? 'Connected.' : report.message;
      await recordChange(
        tx,
        { ...by, clock },
        {
          type: 'integration.tested',
          integration: current,
          changes: { ok, message: report.message, isRecorded },
          toData: (integration) => ({ integration, ok, message, isRecorded }),
        },
      );
      return current;
    });
  }
}
