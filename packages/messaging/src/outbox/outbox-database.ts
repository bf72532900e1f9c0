/** What this package needs of a service's database. It is described by its form: this package knows no schema and no client. */

/** The part of a Prisma client, bound to a transaction or not, that runs SQL. */
export interface SqlClient {
  $executeRaw(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<number>;
  $queryRaw<Rows = unknown>(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<Rows>;
}

/** A transaction of one tenant, as `Database.inTenant` of packages/db runs it. */
export interface TenantTransactions<Tx> {
  inTenant<Result>(tenantId: string, work: (tx: Tx) => Promise<Result>): Promise<Result>;
}

/** A service's database as `createDatabase` of packages/db gives it. */
export interface TenantDatabase extends TenantTransactions<SqlClient> {
  readInTenant<Result>(tenantId: string, work: (tx: SqlClient) => Promise<Result>): Promise<Result>;
  withoutTenant<Result>(work: (client: SqlClient) => Promise<Result>): Promise<Result>;
}
