/** Tests a stored connection against the real server at its other end. */
import { requirePermission, type ServiceRequest, type TenantViewer } from '@flowgrid/access';
import { FlowgridError, currentScope, isId, notFound, type Clock } from '@flowgrid/platform';
import type { ConnectionCheck } from '../../adapters/connector.ts';
import type { IntegrationsDatabase } from '../../database.ts';
import { isConnectionFailure, type Connections } from '../connection/connections.ts';
import { recordStatusChange } from '../connection/status-changes.ts';
import * as store from './integration-store.ts';
import type { Integration, IntegrationTestReport } from './integration.ts';
import { recordChange } from './record-change.ts';
import { healthOfTest } from './test-health.ts';

export interface ConnectionTesterOptions {
  readonly database: IntegrationsDatabase;
  readonly connections: Connections;
  readonly clock: Clock;
  /** For all requests of one test together. */
  readonly deadlineMs?: number;
}

export interface TestedIntegration {
  readonly integration: Integration;
  readonly report: IntegrationTestReport;
}

/** What was found, of the integration as it was then. */
interface Finding {
  readonly integration: Integration;
  readonly outcome: ConnectionCheck | Error;
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
    const finding = await this.#withinLimit(viewer, () => this.#find(viewer, id));
    const current = await this.#record({ viewer, requestId: request.requestId }, finding);
    return { integration: current, report: finding.report };
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

  async #find(viewer: TenantViewer, id: string): Promise<Finding> {
    const { clock, database } = this.#options;
    const { tenantId } = viewer;
    // Where the connection does not open, this is what it did not open for.
    const stored = await database.readInTenant(tenantId, (tx) => store.findIntegration(tx, tenantId, id));
    if (!stored) throw notFound('Integration');
    const startedAt = clock.now();
    const { integration, outcome } = await this.#check(tenantId, stored);
    const checkedAt = clock.now();
    const latencyMs = Math.max(0, checkedAt.getTime() - startedAt.getTime());
    const common = { checkedAt, latencyMs };
    const report =
      outcome instanceof Error
        ? { ...common, ok: false, account: null, message: outcome.message, permissions: [], capabilities: [] }
        : {
            ...common,
            ok: true,
            account: outcome.login,
            message: `Connected as ${outcome.login}.`,
            permissions: outcome.permissions,
            capabilities: outcome.capabilities,
          };
    return { integration, outcome, report };
  }

  /** A failure that the tenant can understand is returned; anything else is a bug and thrown. */
  async #check(tenantId: string, stored: Integration): Promise<Pick<Finding, 'integration' | 'outcome'>> {
    const leftMs = (currentScope()?.deadline?.leftMs() ?? Infinity) - RECORD_MS;
    const signal = AbortSignal.timeout(
      Math.max(0, Math.min(this.#options.deadlineMs ?? DEADLINE_MS, leftMs)),
    );
    let integration = stored;
    try {
      const outcome = await this.#options.connections.use(
        { tenantId, integrationId: stored.id },
        (opened) => {
          ({ integration } = opened);
          return opened.connector.check(opened.connection, signal);
        },
        { priority: 'TEST' },
      );
      if (outcome === null) throw notFound('Integration');
      return { integration, outcome };
    } catch (error) {
      if (!isConnectionFailure(error)) throw error;
      return { integration, outcome: error };
    }
  }

  #record(
    who: { readonly viewer: TenantViewer; readonly requestId: string },
    { integration: tested, outcome, report }: Finding,
  ): Promise<Integration> {
    const { database, clock } = this.#options;
    const { tenantId } = who.viewer;
    return database.inTenant(tenantId, async (tx) => {
      // Locked also when the test is not recorded: its event keeps the order of those of other changes.
      const before = await store.findIntegrationForUpdate(tx, tenantId, tested.id);
      if (!before) throw notFound('Integration');
      // A test of another address or credential says nothing of the present one.
      const isRecorded = before.connectionRevision === tested.connectionRevision;
      const health = healthOfTest(outcome, before.status);
      const current = isRecorded
        ? await store.updateIntegration(tx, tenantId, {
            ...before,
            ...(health !== null && {
              status: health.status,
              lastError: health.status === 'HEALTHY' ? null : health.reason,
            }),
            ...(report.ok && { checkedCapabilities: report.capabilities }),
            lastTestedAt: report.checkedAt,
          })
        : before;
      const { ok } = report;
      // Which account a credential belongs to is for those who manage integrations, and events are for all who read them.
      const message = ok ? 'Connected.' : report.message;
      await recordChange(
        tx,
        { ...who, clock },
        {
          type: 'integration.tested',
          integration: current,
          changes: { ok, message: report.message, isRecorded },
          toData: (integration) => ({ integration, ok, message, isRecorded }),
        },
      );
      await recordStatusChange(tx, {
        tenantId,
        integrationId: current.id,
        from: before.status,
        to: current.status,
        reason: health?.reason ?? message,
        at: report.checkedAt,
      });
      return current;
    });
  }
}
