/** Agents of an AI model's proposal, with names and keys that can be used. */
import type { ExistingAgent, HandOff } from '../../modules/definition/find-hand-offs.ts';
import { plainName, takeUnique } from '../../modules/definition/plain-text.ts';
import { MAX_AGENTS, toKey } from '../../modules/proposal/agent-parts.ts';
import type { Adjustment } from '../../modules/proposal/proposal.ts';
import type { DraftAgent } from './design-answer.ts';

export interface NamedDraft {
  readonly draft: DraftAgent;
  readonly key: string;
  readonly name: string;
}

type Reject = (subject: string, reason: string) => void;

/** Keys of the answer are made usable; an agent keeps the key that it had. */
export function nameAgents(
  drafts: readonly DraftAgent[],
  {
    title,
    adjustments,
    reject,
  }: { readonly title: string; readonly adjustments: readonly Adjustment[]; readonly reject: Reject },
): readonly NamedDraft[] {
  const taken = new Set<string>();
  for (const draft of drafts.slice(MAX_AGENTS)) {
    reject(`agent ${plainName(draft.name, 80)}`, `A proposal has at most ${MAX_AGENTS} agents.`);
  }
  return drafts.slice(0, MAX_AGENTS).map((draft) => {
    const key = takeUnique(toKey(draft.key), taken, '-');
    const renamed = adjustments.findLast(
      (adjustment) => adjustment.kind === 'NAME' && adjustment.agentKey === key,
    );
    const name = renamed?.kind === 'NAME' ? renamed.name : plainName(draft.name, 100);
    return { draft, key, name: name || plainName(title, 100) || 'Process agent' };
  });
}

export function acceptHandOffs(
  { existingAgents: ids }: DraftAgent,
  known: readonly ExistingAgent[],
  reject: Reject,
): readonly HandOff[] {
  return [...new Set(ids)].slice(0, 10).flatMap((id) => {
    const agent = known.find((candidate) => candidate.id === id);
    if (agent !== undefined) {
      return [
        { agentId: id, agentName: plainName(agent.name, 120), reason: 'work that its description covers' },
      ];
    }
    reject(`existing agent ${plainName(id, 60)}`, 'There is no such agent.');
    return [];
  });
}
