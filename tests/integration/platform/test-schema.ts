/** A schema whose fields do what a test of a server needs: answer, fail, or wait until they are released. */
import { buildSchema as buildPlainSchema, type GraphQLSchema } from 'graphql';
import { currentScope, type RequestFacts } from '@flowgrid/platform';

export interface TestSchema {
  readonly schema: GraphQLSchema;
  /** Lets all waiting fields answer, now and later. */
  readonly release: () => void;
  /** How many fields wait. */
  readonly waiting: () => number;
}

export function testSchema(): TestSchema {
  const released = Promise.withResolvers<void>();
  let waiting = 0;
  const schema = buildPlainSchema('type Query { hello: String wait: String broken: String left: Int }');
  const fields = schema.getQueryType()?.getFields() ?? {};
  const resolvers = {
    hello: () => 'world',
    broken: () => {
      throw new Error('a bug');
    },
    left: () => currentScope()?.deadline?.leftMs(),
    wait: async (_root: unknown, _args: unknown, { signal }: RequestFacts<string>) => {
      waiting += 1;
      const aborted = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => aborted.resolve(), { once: true });
      await Promise.race([released.promise, aborted.promise]);
      waiting -= 1;
      return 'done';
    },
  };
  for (const [name, resolve] of Object.entries(resolvers)) Object.assign(fields[name] ?? {}, { resolve });
  return { schema, release: released.resolve, waiting: () => waiting };
}
