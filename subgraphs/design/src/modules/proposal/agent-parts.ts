/** Which agent does which activity: one agent for all, or one for each role whose work is automated. */
import { activityTitle, findActor } from '../definition/activities.ts';
import type { Automation } from '../definition/automation-cut.ts';
import { takeUnique, toIdentifier, toWords } from '../definition/plain-text.ts';
import { nextActivities, toSteps } from '../definition/process-steps.ts';
import type { ProcessActivity, ProcessModel } from '../process-model/process-model.ts';
import type { AgentSplit } from './proposal.ts';

export const MAX_AGENTS = 6;
const MAX_KEY_LENGTH = 40;

export interface AgentPart {
  readonly key: string;
  /** Roles whose work it does, the busiest first; none when it does everything. */
  readonly roles: readonly string[];
  /** Activities that it does, or in which it helps whoever does them. */
  readonly activityIds: ReadonlySet<string>;
  /** Titles of what it does itself. */
  readonly titles: readonly string[];
  /** Keys of the agents that work goes to. */
  readonly handsOffTo: readonly string[];
}

export interface PartsInput {
  readonly processModel: ProcessModel;
  readonly automation: Automation;
  readonly split: AgentSplit;
  /** How many agents were asked for. */
  readonly count: number | null;
  /** The key where there is one agent only. */
  readonly singleKey: string;
}

interface Group {
  readonly actorIds: Set<string>;
  readonly own: ProcessActivity[];
}

/** At least one; the first begins the work. */
export function splitIntoParts(input: PartsInput): readonly AgentPart[] {
  const ordered = toSteps(input.processModel).flatMap((step) =>
    step.type === 'ACTIVITY' ? [step.activity] : [],
  );
  const groups = input.split === 'ONE' ? [] : mergeSmall(groupByRole(ordered, input), input.count);
  if (groups.length < 2) return [wholePart(input, ordered)];
  const taken = new Set<string>();
  const named = groups.map((group) => {
    const roles = rolesOf(group, input.processModel);
    return { ...group, roles, key: takeUnique(toKey(roles[0] ?? 'agent'), taken, '-') };
  });
  const owners = ownersOf(ordered, named);
  return named.map(({ key, roles, own }) => ({
    key,
    roles,
    activityIds: new Set(ordered.filter(({ id }) => owners.get(id) === key).map(({ id }) => id)),
    titles: own.map(activityTitle),
    handsOffTo: handOffs(key, input.processModel, owners),
  }));
}

/** `Claims clerk` becomes `claims-clerk`. */
export function toKey(name: string): string {
  return toIdentifier(toWords(name), 'agent', MAX_KEY_LENGTH).replaceAll('_', '-');
}

function wholePart({ singleKey, automation }: PartsInput, ordered: readonly ProcessActivity[]): AgentPart {
  const own = ordered.filter(({ id }) => automation.get(id)?.performer === 'AGENT');
  return {
    key: singleKey,
    roles: [],
    activityIds: new Set(ordered.map(({ id }) => id)),
    titles: own.map(activityTitle),
    handsOffTo: [],
  };
}

/** What nobody is named for goes to whoever has the work at that moment. */
function groupByRole(
  ordered: readonly ProcessActivity[],
  { processModel, automation }: PartsInput,
): readonly Group[] {
  const groups = new Map<string, Group>();
  const waiting: ProcessActivity[] = [];
  let latest: Group | null = null;
  for (const activity of ordered) {
    if (automation.get(activity.id)?.performer !== 'AGENT') continue;
    const actor = findActor(processModel, activity.actorId);
    if (actor === null || actor.kind === 'SYSTEM') {
      (latest?.own ?? waiting).push(activity);
      continue;
    }
    const group: Group = groups.get(actor.id) ?? { actorIds: new Set([actor.id]), own: [] };
    groups.set(actor.id, group);
    group.own.push(...waiting.splice(0), activity);
    latest = group;
  }
  return [...groups.values()];
}

/** A role with a single step that needs no tool is no agent of its own. */
function isSmall({ own }: Group): boolean {
  return own.length === 1 && own.every(({ systemIds }) => systemIds.length === 0);
}

function mergeSmall(groups: readonly Group[], count: number | null): readonly Group[] {
  const merged = [...groups];
  const isTooMany = (): boolean =>
    merged.length > (count ?? MAX_AGENTS) || (count === null && merged.length > 1 && merged.some(isSmall));
  while (isTooMany() && merged.length > 1) {
    const smallest = merged.reduce((least, group) => (group.own.length < least.own.length ? group : least));
    const index = merged.indexOf(smallest);
    const target = merged[index === 0 ? 1 : index - 1];
    if (target === undefined) break;
    for (const id of smallest.actorIds) target.actorIds.add(id);
    target.own.push(...smallest.own);
    merged.splice(index, 1);
  }
  return merged;
}

function rolesOf({ actorIds, own }: Group, model: ProcessModel): readonly string[] {
  const share = (id: string): number => own.filter(({ actorId }) => actorId === id).length;
  return [...actorIds]
    .toSorted((left, right) => share(right) - share(left))
    .flatMap((id) => findActor(model, id)?.name ?? []);
}

type NamedGroup = Group & { readonly key: string };

/** Work of people is helped by the agent of their role, else by the one that had the work before. */
function ownersOf(
  ordered: readonly ProcessActivity[],
  groups: readonly NamedGroup[],
): ReadonlyMap<string, string> {
  const keys = new Map(groups.flatMap(({ key, own }) => own.map(({ id }) => [id, key])));
  const byActor = new Map(groups.flatMap(({ key, actorIds }) => [...actorIds].map((id) => [id, key])));
  let latest = groups[0]?.key ?? '';
  return new Map(
    ordered.map(({ id, actorId }) => {
      latest = keys.get(id) ?? byActor.get(actorId ?? '') ?? latest;
      return [id, latest];
    }),
  );
}

function handOffs(key: string, model: ProcessModel, owners: ReadonlyMap<string, string>): readonly string[] {
  const targets = model.activities
    .filter(({ id }) => owners.get(id) === key)
    .flatMap((activity) => nextActivities(model, activity))
    .flatMap(({ id }) => owners.get(id) ?? []);
  return [...new Set(targets)].filter((target) => target !== key);
}
