/** Relay connections: page arguments in, edges and page info out. */
import { z } from 'zod';
import { FlowgridError } from '../errors.ts';

const DEFAULT_PAGE_SIZE = 20;
const MAX_PAGE_SIZE = 100;

/** A page request whose size is within bounds and whose cursor was decoded. */
export interface Page<Cursor> {
  readonly first: number;
  readonly after: Cursor | null;
}

export interface Connection<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/**
 * Checks `first` (1 to 100, default 20) and decodes `after` by the schema of the cursor.
 * @throws FlowgridError `BAD_USER_INPUT` that names the argument and the bounds.
 */
export function parsePage<Cursor>(
  args: { first?: number | null | undefined; after?: string | null | undefined },
  cursorSchema: z.ZodType<Cursor>,
): Page<Cursor> {
  const first = args.first ?? DEFAULT_PAGE_SIZE;
  if (!Number.isInteger(first) || first < 1 || first > MAX_PAGE_SIZE) {
    throw new FlowgridError('BAD_USER_INPUT', `"first" must be between 1 and ${MAX_PAGE_SIZE}.`);
  }
  return { first, after: args.after == null ? null : decodeCursor(args.after, cursorSchema) };
}

/** Makes an opaque cursor of the values that order a list. */
export function encodeCursor(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decodeCursor<Cursor>(cursor: string, schema: z.ZodType<Cursor>): Cursor {
  const text = Buffer.from(cursor, 'base64url').toString();
  const result = z
    .string()
    .transform((value, context) => {
      try {
        return JSON.parse(value) as unknown;
      } catch {
        // Any text may be sent as a cursor; what is not JSON is refused below with the others.
        context.addIssue('not a cursor');
        return z.NEVER;
      }
    })
    .pipe(schema)
    .safeParse(text);
  if (result.success) return result.data;
  throw new FlowgridError(
    'BAD_USER_INPUT',
    '"after" is not a cursor of this list. Use an endCursor it gave you.',
  );
}

/**
 * Builds a connection from rows that were read with `limit: page.first + 1`:
 * the row too many says that there is a next page.
 */
export function toConnection<Node>(
  rows: readonly Node[],
  page: Page<unknown>,
  cursorOf: (node: Node) => unknown,
): Connection<Node> {
  const edges = rows.slice(0, page.first).map((node) => ({ cursor: encodeCursor(cursorOf(node)), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: rows.length > page.first,
      hasPreviousPage: page.after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
