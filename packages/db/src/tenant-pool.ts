/** A PostgreSQL pool that puts the tenant into every statement's own transaction, in one round trip. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Client, Pool, type PoolConfig } from 'pg';
import { invariant, isId } from '@flowgrid/platform';

/** The tenant that statements of the current asynchronous context act for. */
export interface TenantScope {
  readonly tenantId: string;
}

const scopes = new AsyncLocalStorage<TenantScope>();

/** Runs `work` so that every statement it sends, until its promise settles, acts for the tenant. */
export async function runInTenantScope<Result>(
  tenantId: string,
  work: () => Promise<Result>,
): Promise<Result> {
  // The id becomes part of a simple query, which has no parameters: only a UUID may get there.
  invariant(isId(tenantId), 'the tenant id is a UUID');
  return scopes.run({ tenantId }, async () => await work());
}

function beginFor(scope: TenantScope, mode: 'READ ONLY' | 'READ WRITE'): string {
  return `BEGIN ${mode}; SELECT set_config('app.tenant_id', '${scope.tenantId}', true)`;
}

/** A client whose bare `BEGIN` also sets the tenant, so that a transaction costs no additional round trip. */
class TenantClient extends Client {
  override query(...args: unknown[]): never;
  override query(first: unknown, ...rest: unknown[]): unknown {
    const scope = scopes.getStore();
    const isBegin = scope !== undefined && textOf(first) === 'BEGIN';
    return Reflect.apply(super.query, this, [isBegin ? beginFor(scope, 'READ WRITE') : first, ...rest]);
  }
}

/**
 * The pool given to Prisma's driver adapter. Within a tenant scope, a statement outside an explicit transaction is sent
 * as `BEGIN READ ONLY` + tenant + statement + `COMMIT`, all at once; the server answers in one round trip.
 * The setting is local to that transaction: no connection carries a tenant back into the pool.
 */
export class TenantPool extends Pool {
  constructor(config: PoolConfig) {
    super({ ...config, Client: TenantClient, pipeline: true });
  }

  override query(...args: unknown[]): never;
  override query(first: unknown, ...rest: unknown[]): unknown {
    const scope = scopes.getStore();
    if (scope === undefined) return Reflect.apply(super.query, this, [first, ...rest]);
    return this.#queryInTenant(scope, first);
  }

  async #queryInTenant(scope: TenantScope, statement: unknown): Promise<unknown> {
    const client = await this.connect();
    let broken: Error | undefined;
    const onError = (error: Error): void => {
      broken = error;
    };
    client.on('error', onError);
    try {
      const [begun, result, ended] = await Promise.allSettled([
        client.query(beginFor(scope, 'READ ONLY')),
        Reflect.apply(client.query, client, [statement]),
        client.query('COMMIT'),
      ]);
      if (begun.status === 'rejected' || ended.status === 'rejected')
        broken ??= new Error('transaction was cut off');
      if (result.status === 'rejected') throw result.reason;
      if (begun.status === 'rejected') throw begun.reason;
      if (ended.status === 'rejected') throw ended.reason;
      return result.value;
    } finally {
      client.removeListener('error', onError);
      client.release(broken);
    }
  }
}

function textOf(statement: unknown): string | undefined {
  if (typeof statement === 'string') return statement;
  return typeof statement === 'object' && statement !== null && 'text' in statement
    ? String(statement.text)
    : undefined;
}
