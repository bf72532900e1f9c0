/** A statement that sets its tenant first, in the same implicit transaction and the same message to the server. */
import { Query, type Connection, type QueryConfig } from 'pg';
import { invariant } from '@flowgrid/platform';

export type TenantAccess = 'read' | 'write';

interface SetTenant {
  readonly statement: { readonly name: string; readonly text: string; readonly types: [] };
  /** Connections on which the server knows it. */
  readonly prepared: WeakSet<Connection>;
}

/** Named, so that the server parses and plans each once per connection. */
const SET_TENANT: Readonly<Record<TenantAccess, SetTenant>> = {
  read: toSetTenant(
    'flowgrid_set_tenant',
    `SELECT set_config('app.tenant_id', $1, true), set_config('transaction_read_only', 'on', true)`,
  ),
  write: toSetTenant('flowgrid_set_writing_tenant', `SELECT set_config('app.tenant_id', $1, true)`),
};

function toSetTenant(name: string, text: string): SetTenant {
  return { statement: { name, text, types: [] }, prepared: new WeakSet() };
}

/**
 * What is sent up to one Sync is one transaction to PostgreSQL: it needs no BEGIN and COMMIT, which would be two more
 * statements to run and to answer. The settings are local to it. When setting the tenant fails, the statement is skipped.
 * It is answered after its commit.
 */
export class TenantStatement extends Query {
  readonly #tenantId: string;
  readonly #setTenant: SetTenant;
  #isTenantSet = false;

  constructor(
    statement: string | QueryConfig,
    { tenantId, access }: { readonly tenantId: string; readonly access: TenantAccess },
    callback: (error: unknown, result: unknown) => void,
  ) {
    super(statement, callback);
    this.#tenantId = tenantId;
    this.#setTenant = SET_TENANT[access];
  }

  /** False when the server did not get as far; the state of the connection's prepared statements is unknown then. */
  get isTenantSet(): boolean {
    return this.#isTenantSet;
  }

  /** A text without values, too, goes by the protocol of prepared statements. */
  requiresPreparation(): boolean {
    return true;
  }

  /** Sends everything; the driver gathers it into one write. */
  prepare(connection: Connection): void {
    const { statement, prepared } = this.#setTenant;
    this.#parse(connection);
    if (!prepared.has(connection)) connection.parse(statement, true);
    connection.bind({ statement: statement.name, values: [this.#tenantId] }, true);
    connection.execute(null, true);
    inherited('prepare', this, [connection]);
  }

  /** The driver takes the first statement that the server has parsed for this one: a named one has to be first. */
  #parse(connection: Connection): void {
    const { name, text } = this.#named();
    if (name === '' || inherited('hasBeenParsed', this, [connection]) === true) return;
    connection.parse({ name, text, types: [] }, true);
    const submitted: unknown = Reflect.get(connection, 'submittedNamedStatements');
    invariant(typeof submitted === 'object' && submitted !== null, 'the driver notes submitted statements');
    Reflect.set(submitted, name, text);
  }

  #named(): { readonly name: string; readonly text: string } {
    const name: unknown = Reflect.get(this, 'name');
    const text: unknown = Reflect.get(this, 'text');
    invariant(typeof text === 'string', 'a statement has a text');
    return { name: typeof name === 'string' ? name : '', text };
  }

  /** The row of the setting is no row of the statement. */
  handleDataRow(message: unknown): void {
    if (this.#isTenantSet) inherited('handleDataRow', this, [message]);
  }

  handleCommandComplete(message: unknown, connection: Connection): void {
    if (this.#isTenantSet) {
      inherited('handleCommandComplete', this, [message, connection]);
      return;
    }
    this.#isTenantSet = true;
    this.#setTenant.prepared.add(connection);
  }
}

/** Methods of the driver's class that its types do not declare. */
type Undeclared = 'prepare' | 'hasBeenParsed' | 'handleDataRow' | 'handleCommandComplete';

/** @throws when the driver is not built as expected: an update must not bring statements without a tenant unseen. */
function inherited(name: Undeclared, query: TenantStatement, args: readonly unknown[]): unknown {
  const method: unknown = Reflect.get(Query.prototype, name);
  invariant(typeof method === 'function', `the driver has a method ${name}`);
  return Reflect.apply(method, query, args);
}
