/** What `startDesign` accepts as context. */
import { z } from 'zod';
import { isId, line, parseInput } from '@flowgrid/platform';
import { MAX_AGENTS, MAX_FILES, MAX_ITEMS, NO_CONTEXT, type DesignContext } from './design-context.ts';

const MAX_KEY_LENGTH = 200;

/** An id that cannot be one is answered as one that nothing has. */
const idOf = (what: string) =>
  z
    .string()
    .refine(isId, { error: `There is no ${what} with this id.`, params: { code: 'NOT_FOUND' } })
    .transform((id) => id.toLowerCase());

function listOf<Item extends z.ZodType>(item: Item, limit: number, what: string) {
  return z.array(item).max(limit, `must name at most ${limit} ${what}`).nullish();
}

const contextSchema = z.object({
  context: z
    .object({
      fileIds: listOf(idOf('file'), MAX_FILES, 'files'),
      items: listOf(
        z.object({ integrationId: idOf('integration'), key: line(MAX_KEY_LENGTH) }),
        MAX_ITEMS,
        'items',
      ),
      agentIds: listOf(idOf('agent'), MAX_AGENTS, 'agents'),
    })
    .nullish(),
});

/** Lists as GraphQL gives them. */
type Listed<Item> = readonly Item[] | null | undefined;

export type DesignContextInput =
  | {
      readonly fileIds?: Listed<string>;
      readonly items?: Listed<{ readonly integrationId: string; readonly key: string }>;
      readonly agentIds?: Listed<string>;
    }
  | null
  | undefined;

/**
 * Parses the field `context` of an input. Whether what it names exists is for `storeContext` and `collectSources` to say.
 * @throws InvalidInput whose paths begin with `context`.
 */
export function parseContext(input: DesignContextInput): DesignContext {
  const { context } = parseInput(contextSchema, { context: input });
  if (context === null || context === undefined) return NO_CONTEXT;
  return {
    fileIds: context.fileIds ?? [],
    items: context.items ?? [],
    agentIds: context.agentIds ?? [],
  };
}
