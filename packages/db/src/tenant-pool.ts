/** A PostgreSQL pool that puts the tenant into every statement's own transaction, in one round trip. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Client, Pool, type PoolConfig, type QueryConfig } from 'pg';
import { invariant, isId } from '@flowgrid/platform';
import { TenantStatement, type TenantAccess } from './tenant-statement.ts';

/** The tenant that statements of the current asynchronous context act for. */
interface TenantScope {
  readonly tenantId: string;
  /** What statements outside of an explicit transaction may do. */
  readonly access: TenantAccess;
  /** So many of them were sent. */
  statements: number;
}

const scopes = new AsyncLocalStorage<TenantScope>();

/** Runs `work` so that every statement it sends, until its promise settles, acts for the tenant. */
export async function runInTenantScope<Result>(
  { tenantId, access }: { readonly tenantId: string; readonly access: TenantAccess },
  work: () => Promise<Result>,
): Promise<Result> {
  // The id becomes part of a simple query, which has no parameters: only a UUID may get there.
  invariant(isId(tenantId), 'the tenant id is a UUID');
  return scopes.run({ tenantId, access, statements: 0 }, async () => await work());
}

// SET needs no planning and returns no row, as a call of set_config would.
function beginFor({ tenantId }: TenantScope): string {
  return `BEGIN; SET LOCAL app.tenant_id = '${tenantId}'`;
}

/** What a `BEGIN` is answered with. */
const BEGUN = { command: 'BEGIN', rowCount: null, rows: [], fields: [] };

/**
 * A client whose bare `BEGIN` also sets the tenant, and is not waited for: it travels with the statement after it, so
 * that opening a transaction costs no round trip.
 */
class TenantClient extends Client {
  override query(...args: unknown[]): never;
  override query(first: unknown, ...rest: unknown[]): unknown {
    const scope = scopes.getStore();
    if (scope === undefined || textOf(first) !== 'BEGIN') {
      return Reflect.apply(super.query, this, [first, ...rest]);
    }
    const begun: Promise<unknown> = Reflect.apply(super.query, this, [beginFor(scope)]);
    // Statements without their transaction see no tenant's rows; without a connection they cannot be committed either.
    begun.catch(() => this.end()).catch(() => undefined);
    return Promise.resolve(BEGUN);
  }
}

/**
 * The pool given to Prisma's driver adapter. Within a tenant scope, a statement outside an explicit transaction is sent
 * together with the setting of its tenant, in one round trip; the setting ends with that statement, so no connection
 * carries a tenant back into the pool.
 */
export class TenantPool extends Pool {
  constructor(config: PoolConfig) {
    super({ ...config, Client: TenantClient, pipeline: true });
  }

  override query(...args: unknown[]): never;
  override query(first: unknown, ...rest: unknown[]): unknown {
    const scope = scopes.getStore();
    if (scope === undefined) return Reflect.apply(super.query, this, [first, ...rest]);
    invariant(isStatement(first), 'a statement has a text');
    scope.statements += 1;
    // It would be committed apart from the first.
    invariant(scope.access === 'read' || scope.statements === 1, 'a write is one statement');
    return this.#queryInTenant(scope, first);
  }

  /** Through the inherited `query`, which listens to the connection meanwhile: one that breaks unheard ends the process. */
  async checkReady(): Promise<void> {
    await Reflect.apply(super.query, this, ['SELECT 1']);
  }

  /** Unlike the inherited `query`, keeps the connection when it is the statement that failed. */
  #queryInTenant(scope: TenantScope, statement: string | QueryConfig): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.connect((connectError, client, release) => {
      if (client === undefined) {
        reject(connectError);
        return;
      }
      let broken: Error | undefined;
      const onError = (error: Error): void => {
        broken = error;
      };
      client.on('error', onError);
      let isSettled = false;
      const settle = (error: unknown, result?: unknown): void => {
        // The driver answers twice when a value cannot be sent.
        if (isSettled) return;
        isSettled = true;
        client.removeListener('error', onError);
        release(broken ?? !query.isTenantSet);
        if (error) reject(error);
        else resolve(result);
      };
      const query = new TenantStatement(statement, scope, settle);
      try {
        client.query(query);
      } catch (error) {
        settle(error);
      }
    });
    return promise;
  }
}

function isStatement(value: unknown): value is string | QueryConfig {
  return textOf(value) !== undefined;
}

function textOf(statement: unknown): string | undefined {
  if (typeof statement === 'string') return statement;
  return typeof statement === 'object' && statement !== null && 'text' in statement
    ? String(statement.text)
    : undefined;
}
