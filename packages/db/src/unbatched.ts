/**
 * Keeps Prisma from gathering the `findUnique` calls of one tick. It sends them together from the asynchronous context
 * of whoever came first, and so in the tenant of whoever came first: the others would find nothing, or, with a filter
 * that leaves the tenant to row level security, a row of that other tenant.
 */
import { invariant } from '@flowgrid/platform';

/** Groups requests that are sent together; undefined sends one at once, in the context of its caller. */
type BatchBy = (request: object) => string | undefined;

/**
 * Requests inside a transaction are still gathered: they have its connection, and so its tenant, whoever sends them.
 * @throws when the client is not built as expected: an update of Prisma must not bring the gathering back unseen.
 */
export function sendUnbatched(client: object): void {
  const options = property(property(property(client, '_requestHandler'), 'dataloader'), 'options');
  const batchBy: unknown = Reflect.get(options, 'batchBy');
  invariant(isBatchBy(batchBy), 'the client has a data loader that groups requests');
  const unbatched: BatchBy = (request) =>
    Reflect.get(request, 'transaction') === undefined ? undefined : batchBy(request);
  invariant(Reflect.set(options, 'batchBy', unbatched), 'the grouping can be replaced');
}

function property(owner: object, name: string): object {
  const value: unknown = Reflect.get(owner, name);
  invariant(typeof value === 'object' && value !== null, `the client has a property ${name}`);
  return value;
}

function isBatchBy(value: unknown): value is BatchBy {
  return typeof value === 'function';
}
