/** A statement that sets its tenant first, read-only, in the same implicit transaction and the same message to the server. */
import { Query, type Connection, type QueryConfig } from 'pg';
import { invariant } from '@flowgrid/platform';

/** Named, so that the server parses and plans it once per connection. */
const SET_TENANT = {
  name: 'flowgrid_set_tenant',
  text: `SELECT set_config('app.tenant_id', $1, true), set_config('transaction_read_only', 'on', true)`,
  types: [],
};

/** Connections on which the server knows SET_TENANT. */
const prepared = new WeakSet<Connection>();

/**
 * What is sent up to one Sync is one transaction to PostgreSQL: it needs no BEGIN and COMMIT, which would be two more
 * statements to run and to answer. Both settings are local to it. When setting the tenant fails, the statement is skipped.
 */
export class TenantRead extends Query {
  readonly #tenantId: string;
  #isTenantSet = false;

  constructor(
    statement: string | QueryConfig,
    tenantId: string,
    callback: (error: unknown, result: unknown) => void,
  ) {
    super(statement, callback);
    this.#tenantId = tenantId;
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
    this.#parse(connection);
    if (!prepared.has(connection)) connection.parse(SET_TENANT, true);
    connection.bind({ statement: SET_TENANT.name, values: [this.#tenantId] }, true);
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

  /** The row of SET_TENANT is no row of the statement. */
  handleDataRow(message: unknown): void {
    if (this.#isTenantSet) inherited('handleDataRow', this, [message]);
  }

  handleCommandComplete(message: unknown, connection: Connection): void {
    if (this.#isTenantSet) {
      inherited('handleCommandComplete', this, [message, connection]);
      return;
    }
    this.#isTenantSet = true;
    prepared.add(connection);
  }
}

/** Methods of the driver's class that its types do not declare. */
type Undeclared = 'prepare' | 'hasBeenParsed' | 'handleDataRow' | 'handleCommandComplete';

/** @throws when the driver is not built as expected: an update must not bring statements without a tenant unseen. */
function inherited(name: Undeclared, query: TenantRead, args: readonly unknown[]): unknown {
  const method: unknown = Reflect.get(Query.prototype, name);
  invariant(typeof method === 'function', `the driver has a method ${name}`);
  return Reflect.apply(method, query, args);
}
