/** Steps in flow order: what comes before is listed before, one branch after the other, and joins behind their branches. */
import type { Step, Way } from './drawn-process.ts';

export function orderSteps(
  starts: readonly string[],
  { steps, ways }: { readonly steps: readonly Step[]; readonly ways: readonly Way[] },
): readonly Step[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const targets = Map.groupBy(ways, ({ sourceId }) => sourceId);
  const seen = new Set<string>();
  const targetsOf = (id: string): string[] => (targets.get(id) ?? []).map(({ targetId }) => targetId);
  /** What a search in depth leaves last comes first; the first roots and branches are therefore searched last. */
  const search = (roots: readonly string[]): readonly Step[] => {
    const left: Step[] = [];
    const path = [{ id: '', next: [...roots] }];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const id = top.next.pop();
      if (id === undefined) {
        left.push(...[byId.get(top.id)].filter((step) => step !== undefined));
        path.pop();
      } else if (!seen.has(id)) {
        seen.add(id);
        path.push({ id, next: targetsOf(id) });
      }
    }
    return left.toReversed();
  };
  // What no start leads to comes at the end, in the order of the file.
  return [search(starts), ...steps.map(({ id }) => search([id]))].flat();
}
