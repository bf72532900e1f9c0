/** Names for prepared statements, so that PostgreSQL parses and plans a query shape once per connection. */

const MAX_NAMES = 500;

/** Gives each distinct SQL text a name; past the bound, statements stay unnamed and cost a parse each. */
export function statementNames(): (query: { sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    if (names.size >= MAX_NAMES) return '';
    const name = `flowgrid_${names.size}`;
    names.set(sql, name);
    return name;
  };
}
