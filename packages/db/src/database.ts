/** A service's way into its PostgreSQL schema: always for one tenant, or expressly for none. */
import { PrismaPg } from '@prisma/adapter-pg';
import { FlowgridError, inSpan, type Logger, type Registry } from '@flowgrid/platform';
import { registerPoolMetrics } from './pool-metrics.ts';
import { TenantShare } from './tenant-share.ts';
import { isUnavailable } from './unavailable.ts';
import { sendUnbatched } from './unbatched.ts';
import { statementNames } from './statement-names.ts';
import { TenantPool, runInTenantScope } from './tenant-pool.ts';

/** The part of a generated Prisma client that this package needs. */
export interface TransactionalClient<Tx> {
  $transaction<Result>(
    work: (tx: Tx) => Promise<Result>,
    options?: { maxWait?: number; timeout?: number },
  ): Promise<Result>;
  $disconnect(): Promise<void>;
}

/** `Client` is the generated client, `Tx` its `Prisma.TransactionClient`. */
export interface Database<Client, Tx> extends AsyncDisposable {
  /**
   * Runs `work` in one transaction whose tenant is set: it sees and writes that tenant's rows only.
   * Keep it short; never await an outside call inside. Rolls back when `work` throws.
   * @throws FlowgridError `SERVICE_UNAVAILABLE` when the database cannot be reached, `RATE_LIMITED` when the tenant has too
   * much under way already.
   */
  inTenant<Result>(tenantId: string, work: (tx: Tx) => Promise<Result>): Promise<Result>;
  /**
   * Runs reads for a tenant, each statement in a read-only transaction of its own and in one round trip.
   * Use it where one statement is enough: several are not one snapshot. Writes are refused by PostgreSQL.
   */
  readInTenant<Result>(tenantId: string, work: (tx: Tx) => Promise<Result>): Promise<Result>;
  /**
   * Runs one statement that may write, in a transaction of its own and in one round trip. A second one is refused, and so
   * is an event beside the change: several belong into `inTenant`.
   */
  writeInTenant<Result>(tenantId: string, work: (tx: Tx) => Promise<Result>): Promise<Result>;
  /** For what comes before a tenant is known: functions made for it and tables without tenants. Tenant tables look empty. */
  withoutTenant<Result>(work: (client: Client) => Promise<Result>): Promise<Result>;
  /** Rejects when the database does not answer. */
  checkReady(): Promise<void>;
}

/** How many connections there may be, and who counts them. */
export interface PoolOptions {
  readonly poolSize?: number;
  /** Gets `db_pool_in_use`, `db_pool_waiting` and `db_pool_size`. */
  readonly metrics?: Registry;
}

export interface DatabaseOptions<Client> extends PoolOptions {
  /** Connection string of the service's own login role. */
  readonly url: string;
  /** The service's PostgreSQL schema. */
  readonly schema: string;
  /** Makes the generated client over the adapter. */
  readonly createClient: (adapter: PrismaPg) => Client;
  /** Told about connections that break while idle; they are replaced by themselves. */
  readonly logger?: Logger | undefined;
}

const DEFAULT_POOL_SIZE = 10;
/**
 * For a connection, new or given back by others. The limits end one after the other, so that each failure is told as what it
 * is: this wait, a statement (8 s, prisma/roles.sql), a transaction, the router's operation (10 s).
 */
const CONNECTION_WAIT_MS = 4_000;
/** Longer than the wait for its connection, which says better what is missing. */
const TRANSACTION_WAIT_MS = 5_000;
const TRANSACTION_LIMIT_MS = 9_000;

/** Opens the pool lazily and returns the database. The caller owns it and disposes of it. */
export function createDatabase<Client extends TransactionalClient<Tx>, Tx>(
  options: DatabaseOptions<Client>,
): Database<Client, Tx> {
  const poolSize = options.poolSize ?? DEFAULT_POOL_SIZE;
  const pool = new TenantPool({
    connectionString: options.url,
    max: poolSize,
    connectionTimeoutMillis: CONNECTION_WAIT_MS,
    // The driver adapter writes points in time in UTC without saying so: the session must read them as such.
    options: `-c search_path=${options.schema} -c TimeZone=UTC`,
    application_name: `flowgrid-${options.schema}`,
  });
  // pg hangs the whole connection on the error: its message is enough.
  pool.on('error', (error) => options.logger?.warn({ reason: error.message }, 'a database connection broke'));
  const adapter = new PrismaPg(pool, { schema: options.schema, statementNameGenerator: statementNames() });
  const client = options.createClient(adapter);
  sendUnbatched(client);
  const share = new TenantShare(poolSize, CONNECTION_WAIT_MS);
  const forTenant = <Result>(
    scope: Parameters<typeof runInTenantScope>[0],
    name: string,
    work: () => Promise<Result>,
  ): Promise<Result> =>
    guarded(() => share.run(scope.tenantId, () => inSpan(name, () => runInTenantScope(scope, work), SPAN)));
  if (options.metrics) {
    registerPoolMetrics(options.metrics, {
      size: poolSize,
      inUse: () => pool.totalCount - pool.idleCount,
      waiting: () => pool.waitingCount + share.waiting,
    });
  }
  return {
    inTenant: (tenantId, work) =>
      forTenant({ tenantId, access: 'read' }, 'database transaction', () =>
        client.$transaction(work, { maxWait: TRANSACTION_WAIT_MS, timeout: TRANSACTION_LIMIT_MS }),
      ),
    // The client has every method of its transactions; a transaction within is what `inTenant` is for.
    readInTenant: (tenantId, work) =>
      forTenant({ tenantId, access: 'read' }, 'database read', () => work(client as unknown as Tx)),
    writeInTenant: (tenantId, work) =>
      forTenant({ tenantId, access: 'write' }, 'database write', () => work(client as unknown as Tx)),
    withoutTenant: (work) => guarded(async () => await work(client)),
    checkReady: () => pool.checkReady(),
    [Symbol.asyncDispose]: async () => {
      await client.$disconnect();
      await pool.end();
    },
  };
}

const SPAN = { kind: 'client', attributes: { 'db.system.name': 'postgresql' } } as const;

async function guarded<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    throw new FlowgridError(
      'SERVICE_UNAVAILABLE',
      'The database does not answer in time. Try again shortly.',
      {
        cause: error,
      },
    );
  }
}
