/** Finds variables that nobody reads although somebody meant them to be read: misspelt ones, and ones with a prefix of ours. */

/** Names below these belong to Flowgrid alone. */
const RESERVED_PREFIXES = ['SUBGRAPH_', 'SERVICE_BUS_'];
/** Shorter names are near to too much. */
const SHORTEST_NAME = 6;
/** From this length on two slips are still clearly a slip. */
const LONG_NAME = 9;
/** What Kubernetes gives to every container for each service: `REDIS_PORT`, `AGENTS_SERVICE_HOST`, `AUTH_PORT_3002_TCP_ADDR`. */
const SERVICE_LINK = /_(SERVICE_(HOST|PORT)|PORT)(_\w+)?$/;
/** Families with readers of their own. */
const FOREIGN = /^(npm_|OTEL_)/i;

export interface UnknownVariable {
  readonly name: string;
  /** The known variable that it is nearest to, or null when only its prefix is ours. */
  readonly meant: string | null;
}

/** The suspicious ones among the present names. `reservesPrefixes` is for services: tools know a part of what is set. */
export function findUnknownVariables(
  present: readonly string[],
  known: readonly string[],
  reservesPrefixes: boolean,
): UnknownVariable[] {
  const candidates = present.filter(
    (name) => !known.includes(name) && !FOREIGN.test(name) && !SERVICE_LINK.test(name),
  );
  return candidates.flatMap((name) => {
    const meant = known.find((wanted) => isNear(name, wanted)) ?? null;
    const isReserved = reservesPrefixes && RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix));
    return meant !== null || isReserved ? [{ name, meant }] : [];
  });
}

function isNear(name: string, wanted: string): boolean {
  if (wanted.length < SHORTEST_NAME) return false;
  return editDistance(name.toUpperCase(), wanted) <= (wanted.length < LONG_NAME ? 1 : 2);
}

/** How many letters are to be added, left out, replaced or swapped with their neighbour. */
export function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left[row - 1] === right[column - 1];
      const isSwapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          at(last, column - 1) + (isSame ? 0 : 1),
          isSwapped ? at(beforeLast, column - 2) + 1 : Infinity,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
