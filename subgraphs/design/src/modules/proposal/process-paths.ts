/** Ways through a process from its start to an end: all of them when they are few, else enough to take every branch once. */
import { activityTitle } from '../definition/activities.ts';
import type { ProcessModel } from '../process-model/process-model.ts';
import { createGraph } from './process-graph.ts';
import type { ProcessGraph, WayOn } from './process-graph.ts';

export const MAX_PATHS = 32;
const MAX_ACTIVITIES = 500;
/** A process without a way out of a repetition ends all the same. */
const MAX_REPETITIONS = 3;

export interface ProcessPath {
  readonly given: readonly string[];
  readonly activityIds: readonly string[];
  /** How it ends, where the process says so. */
  readonly end: string | null;
}

export interface ProcessPaths {
  readonly paths: readonly ProcessPath[];
  /** Whether there are more ways than these. */
  readonly isCut: boolean;
  /** Ways out of gateways that none of the paths takes. */
  readonly uncovered: number;
}

interface Choice {
  readonly index: number;
  readonly count: number;
}

interface Walk extends ProcessPath {
  readonly choices: readonly Choice[];
  readonly taken: ReadonlySet<string>;
}

/** Which of the ways is taken: the number of the choice on this walk, and what there is to choose from. */
type Chooser = (number: number, ways: readonly WayOn[]) => number;

export function enumeratePaths(model: ProcessModel): ProcessPaths {
  const graph = createGraph(model);
  const titles = new Map(model.activities.map((activity) => [activity.id, activityTitle(activity)]));
  const walk = (entry: string, choose: Chooser): Walk => new Walker(graph, titles, choose).walk(entry);
  const all = allWalks(graph, walk);
  if (all.length <= MAX_PATHS) return { paths: all, isCut: false, uncovered: 0 };
  const covering = coveringWalks(graph, walk);
  return { paths: covering.walks, isCut: true, uncovered: covering.uncovered };
}

type StartWalk = (entry: string, choose: Chooser) => Walk;

/** Counts through the choices as an odometer does, until it is clear that there are too many. */
function allWalks(graph: ProcessGraph, walk: StartWalk): readonly Walk[] {
  const walks: Walk[] = [];
  for (const entry of graph.entries) {
    let prefix: readonly number[] | null = [];
    while (prefix !== null && walks.length <= MAX_PATHS) {
      const chosen: readonly number[] = prefix;
      const latest = walk(entry, (number) => chosen[number] ?? 0);
      walks.push(latest);
      prefix = nextPrefix(latest.choices);
    }
  }
  return walks;
}

function nextPrefix(choices: readonly Choice[]): readonly number[] | null {
  const last = choices.findLastIndex(({ index, count }) => index + 1 < count);
  if (last < 0) return null;
  return choices.slice(0, last + 1).map(({ index }, at) => (at === last ? index + 1 : index));
}

/** Each walk goes where something new can be reached, until nothing is new. */
function coveringWalks(
  graph: ProcessGraph,
  walk: StartWalk,
): { readonly walks: readonly Walk[]; readonly uncovered: number } {
  const open = new Map(
    [...graph.nodes.keys()].flatMap((id) => {
      const ways = graph.waysOn(id);
      return ways.length > 1 ? ways.map(({ key }) => [key, id] as const) : [];
    }),
  );
  const walks: Walk[] = [];
  for (const entry of graph.entries) {
    let isNew = true;
    while (isNew && walks.length < MAX_PATHS) {
      const promising = nodesBefore(graph, new Set(open.values()));
      const latest = walk(entry, (_, ways) => mostPromising(ways, open, promising));
      isNew = walks.length === 0 || [...latest.taken].some((key) => open.has(key));
      if (!isNew && walks.some((known) => known.activityIds[0] === latest.activityIds[0])) break;
      for (const key of latest.taken) open.delete(key);
      walks.push(latest);
      if (open.size === 0) break;
    }
  }
  return { walks, uncovered: open.size };
}

function nodesBefore(graph: ProcessGraph, targets: ReadonlySet<string>): ReadonlySet<string> {
  const sources = Map.groupBy(
    [...graph.nodes.keys()].flatMap((id) =>
      graph.waysOn(id).flatMap(({ flows }) => flows.map(({ targetId }) => ({ id, targetId }))),
    ),
    ({ targetId }) => targetId,
  );
  const found = new Set(targets);
  for (const target of found) for (const { id } of sources.get(target) ?? []) found.add(id);
  return found;
}

function mostPromising(
  ways: readonly WayOn[],
  open: ReadonlyMap<string, string>,
  promising: ReadonlySet<string>,
): number {
  const fresh = ways.findIndex(({ key }) => open.has(key));
  if (fresh >= 0) return fresh;
  return Math.max(
    0,
    ways.findIndex(({ flows }) => flows.some(({ targetId }) => promising.has(targetId))),
  );
}

class Walker {
  readonly #graph: ProcessGraph;
  readonly #titles: ReadonlyMap<string, string>;
  readonly #choose: Chooser;
  readonly #given: string[] = [];
  readonly #activityIds: string[] = [];
  readonly #choices: Choice[] = [];
  readonly #taken = new Map<string, number>();
  #end: string | null = null;

  constructor(graph: ProcessGraph, titles: ReadonlyMap<string, string>, choose: Chooser) {
    this.#graph = graph;
    this.#titles = titles;
    this.#choose = choose;
  }

  walk(entry: string): Walk {
    this.#follow(entry, null);
    return {
      given: [...new Set(this.#given)],
      activityIds: this.#activityIds,
      end: this.#end,
      choices: this.#choices,
      taken: new Set(this.#taken.keys()),
    };
  }

  /** From a node to where the ways come together again, or to the end. */
  #follow(start: string, stop: string | null): void {
    let id: string | null = start;
    while (id !== null && id !== stop && this.#activityIds.length < MAX_ACTIVITIES) {
      if (this.#graph.nodes.get(id)?.type === 'ACTIVITY') this.#activityIds.push(id);
      const way = this.#nextWay(id);
      if (way === null) return;
      if (way.end !== null && way.end !== '') this.#end = way.end;
      id = this.#go(way, stop);
    }
  }

  /** Where there is a choice, each way is taken once: a repetition happens once, and then it goes on. */
  #nextWay(id: string): WayOn | null {
    const ways = this.#graph.waysOn(id);
    const limit = ways.length > 1 ? 1 : MAX_REPETITIONS;
    const left = ways.filter(({ key }) => (this.#taken.get(key) ?? 0) < limit);
    const index = left.length < 2 ? 0 : this.#choose(this.#choices.length, left);
    const way = left[index];
    if (way === undefined) return null;
    this.#taken.set(way.key, (this.#taken.get(way.key) ?? 0) + 1);
    if (left.length > 1) this.#choices.push({ index, count: left.length });
    if (ways.length > 1) this.#note(way, { ways, isLater: left.length < ways.length });
    return way;
  }

  #note(way: WayOn, { ways, isLater }: { readonly ways: readonly WayOn[]; readonly isLater: boolean }): void {
    if (way.given.length > 0)
      this.#given.push(...way.given.map((given) => (isLater ? `later ${given}` : given)));
    else {
      const title = this.#titleAfter(way);
      const others = ways.flatMap((other) => (other === way ? [] : (this.#titleAfter(other) ?? [])));
      if (title !== null && others.length > 0)
        this.#given.push(`«${title}» rather than «${others.join('» or «')}»`);
    }
  }

  #titleAfter({ flows }: WayOn): string | null {
    return flows.length === 1 ? (this.#titles.get(flows[0]?.targetId ?? '') ?? null) : null;
  }

  #go({ flows }: WayOn, stop: string | null): string | null {
    const targets = flows.map(({ targetId }) => targetId);
    if (targets.length < 2) return targets[0] ?? null;
    const join = this.#joinOf(targets) ?? stop;
    for (const target of targets) this.#follow(target, join);
    return join;
  }

  #joinOf(targets: readonly string[]): string | null {
    const [first, ...others] = targets.map((target) => this.#graph.reach(target));
    return [...(first ?? [])].find((id) => others.every((reached) => reached.has(id))) ?? null;
  }
}
