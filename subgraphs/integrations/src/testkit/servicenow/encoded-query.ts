/** ServiceNow's encoded queries: `^` joins conditions, `^OR` binds stronger, `^NQ` begins another query, `^ORDERBY` sorts. */

export type FieldOf = (field: string) => string | undefined;

interface Condition {
  readonly field: string;
  readonly operator: string;
  readonly value: string;
}

export interface EncodedQuery {
  /** True where the row is among the results. */
  readonly matches: (row: FieldOf) => boolean;
  readonly compare: (one: FieldOf, other: FieldOf) => number;
}

const CONDITION = /^([a-z_.]+?)(ISNOTEMPTY|ISEMPTY|NOT LIKE|STARTSWITH|LIKE|IN|!=|>=|<=|=|>|<)(.*)$/s;
const ORDER = /^ORDERBY(DESC)?([a-z_.]+)$/;

const OPERATORS: Readonly<Record<string, (actual: string, value: string) => boolean>> = {
  '=': (actual, value) => actual === value,
  '!=': (actual, value) => actual !== value,
  '>': (actual, value) => actual > value,
  '>=': (actual, value) => actual >= value,
  '<': (actual, value) => actual < value,
  '<=': (actual, value) => actual <= value,
  LIKE: (actual, value) => actual.toLowerCase().includes(value.toLowerCase()),
  'NOT LIKE': (actual, value) => !actual.toLowerCase().includes(value.toLowerCase()),
  STARTSWITH: (actual, value) => actual.toLowerCase().startsWith(value.toLowerCase()),
  IN: (actual, value) => value.split(',').includes(actual),
  ISEMPTY: (actual) => actual === '',
  ISNOTEMPTY: (actual) => actual !== '',
};

/** `evaluate` is what the instance makes of a value that begins with `javascript:`. */
export function parseQuery(text: string, evaluate: (script: string) => string): EncodedQuery {
  const orders: { readonly field: string; readonly sign: 1 | -1 }[] = [];
  const queries = text.split(/\^NQ/).map((part) => {
    const all: Condition[][] = [];
    for (const term of part.split('^').filter((word) => word !== '' && word !== 'EQ')) {
      const order = ORDER.exec(term);
      if (order) {
        orders.push({ field: order[2] ?? '', sign: order[1] === undefined ? 1 : -1 });
        continue;
      }
      const isAlternative = term.startsWith('OR') && all.length > 0;
      const condition = parseCondition(isAlternative ? term.slice(2) : term, evaluate);
      if (condition === null) continue;
      if (isAlternative) all.at(-1)?.push(condition);
      else all.push([condition]);
    }
    return all;
  });
  return {
    matches: (row) =>
      queries.some((all) => all.every((any) => any.some((condition) => holds(condition, row)))),
    compare: (one, other) => {
      for (const { field, sign } of orders) {
        const [left, right] = [one(field) ?? '', other(field) ?? ''];
        if (left !== right) return left < right ? -sign : sign;
      }
      return 0;
    },
  };
}

function parseCondition(term: string, evaluate: (script: string) => string): Condition | null {
  const [, field = '', operator = '', given = ''] = CONDITION.exec(term) ?? [];
  if (field === '') return null;
  const value = given.startsWith('javascript:') ? evaluate(given.slice('javascript:'.length)) : given;
  return { field, operator, value };
}

/** A condition on a field that is not there is left out, as an instance does by default. */
function holds({ field, operator, value }: Condition, row: FieldOf): boolean {
  const actual = row(field);
  return actual === undefined || (OPERATORS[operator]?.(actual, value) ?? true);
}
