/** Has rules fire on events, and writes to other systems what they make: each at most once. */
import { startConsumer, type Transport } from '@flowgrid/messaging';
import {
  FlowgridError,
  purgePages,
  repeatHourly,
  type Clock,
  type Logger,
  type Registry,
} from '@flowgrid/platform';
import type { ExternalItem } from '../adapters/external-item.ts';
import { ConnectorError } from '../adapters/connector-error.ts';
import type { Connector } from '../adapters/connector.ts';
import type { IntegrationsDatabase } from '../database.ts';
import { ConnectionPaused } from '../modules/connection/connection-paused.ts';
import { isConnectionFailure, type Connections } from '../modules/connection/connections.ts';
import { ruleEventHandlers } from '../modules/rule/fire-rules.ts';
import {
  claimRuns,
  endRun,
  findRunToDo,
  markSending,
  postponeRun,
  purgeRuns,
  type ClaimedRun,
  type RunEnd,
  type RunToDo,
} from '../modules/rule/run-store.ts';
import { ClaimLoop } from './claim-loop.ts';

export interface RuleWorkerOptions {
  /** The one that hands on what is written in its transactions. */
  readonly database: IntegrationsDatabase;
  readonly transport: Pick<Transport, 'receive'>;
  readonly connections: Pick<Connections, 'use'>;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pollMs?: number;
}

const SUBSCRIPTION = 'integrations-agents';
const CONCURRENCY = 4;
const POLL_MS = 1_000;
const SEND_TIMEOUT_MS = 20_000;
/** Longer than sending may take. */
const LEASE_SECONDS = 60;
const DAY_MS = 24 * 60 * 60 * 1000;
const RETRY_MS = 60_000;
const KEPT_DAYS = 90;

/** Disposing of it stops claiming and waits for what is under way. */
export function startRuleWorker(options: RuleWorkerOptions): AsyncDisposable {
  const { database, transport, registry, clock, logger } = options;
  const stack = new AsyncDisposableStack();
  stack.use(
    new ClaimLoop<ClaimedRun>({
      claim: (count) => claimRuns(database, LEASE_SECONDS, count),
      work: (claim) => send(options, claim),
      concurrency: CONCURRENCY,
      pollMs: options.pollMs ?? POLL_MS,
      what: 'a run of a rule',
      logger,
    }),
  );
  stack.use(
    startConsumer({
      transport,
      source: { subscription: SUBSCRIPTION },
      name: 'rules',
      handlers: ruleEventHandlers(clock),
      database,
      registry,
      logger,
    }),
  );
  stack.use(
    repeatHourly({
      work: () => purgePages((count) => purgeRuns(database, KEPT_DAYS, count)),
      failure: 'old runs of rules could not be purged',
      logger,
    }),
  );
  return stack;
}

/** Sent once: whoever gets no answer does not know whether it was made, and says so. */
async function send(options: RuleWorkerOptions, claim: ClaimedRun): Promise<void> {
  const { database, clock } = options;
  const { tenantId } = claim;
  const toDo = await database.inTenant(tenantId, (tx) => findRunToDo(tx, claim));
  if (toDo === null) return;
  const end = (how: RunEnd): Promise<boolean> =>
    database.inTenant(tenantId, (tx) => endRun(tx, claim, how, clock.now()));
  if (toDo.run.state === 'SENDING') {
    await end(failed(`The worker was lost while it was sending. ${UNCERTAIN}`));
    return;
  }
  if (!(await database.inTenant(tenantId, (tx) => markSending(tx, claim)))) return;
  try {
    const made = await create(options, tenantId, toDo);
    await end({ state: 'DONE', note: `${made.key} was made.`, itemKey: made.key, itemUrl: made.url });
  } catch (error) {
    const runAfter = laterOf(error, toDo, clock.now());
    if (runAfter !== null) {
      const note = error instanceof Error ? error.message : '';
      await database.inTenant(tenantId, (tx) => postponeRun(tx, claim, { runAfter, note }));
      return;
    }
    await end(failed(reasonOf(error)));
    if (!isConnectionFailure(error) && !(error instanceof FlowgridError)) throw error;
  }
}

const UNCERTAIN = 'Whether the item was made is not known: look there. It is not sent again.';

async function create(
  { connections }: RuleWorkerOptions,
  tenantId: string,
  { run, draft }: RunToDo,
): Promise<ExternalItem> {
  const { integrationId } = run;
  if (integrationId === null) throw new FlowgridError('CONFLICT', 'The rule names no integration.');
  const made = await connections.use(
    { tenantId, integrationId },
    ({ connector, connection }) => {
      const able: Pick<Connector, 'capabilities'> & Partial<Pick<Connector, 'createItem'>> = connector;
      if (able.createItem === undefined)
        throw new FlowgridError('CONFLICT', 'This kind of system cannot be written to.');
      return able.createItem(connection, draft, AbortSignal.timeout(SEND_TIMEOUT_MS));
    },
    { priority: 'BACKGROUND' },
  );
  if (made === null) throw new FlowgridError('CONFLICT', 'The integration is gone.');
  return made;
}

/** When to try again; null for what was, or may have been, sent, and for what has waited for a day. */
function laterOf(error: unknown, { run }: RunToDo, now: Date): Date | null {
  if (now.getTime() - run.createdAt.getTime() > DAY_MS) return null;
  if (error instanceof ConnectionPaused) return error.until;
  const isRefused = error instanceof ConnectorError && error.status === 429;
  return isRefused ? new Date(now.getTime() + RETRY_MS) : null;
}

function reasonOf(error: unknown): string {
  // The other system answered that it did not do it.
  if (error instanceof ConnectorError && error.status !== null && error.status < 500) return error.message;
  if (error instanceof FlowgridError) return error.message;
  return isConnectionFailure(error) ? `${error.message} ${UNCERTAIN}` : UNCERTAIN;
}

function failed(note: string): RunEnd {
  return { state: 'FAILED', note };
}
