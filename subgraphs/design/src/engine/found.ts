/** What a result holds, as names for those who follow the work. */
import { oneLine } from '../modules/definition/plain-text.ts';
import { activityTitle } from '../modules/definition/process-steps.ts';
import type { ProcessModel } from '../modules/process-model/process-model.ts';
import type { Proposal } from '../modules/proposal/proposal.ts';
import type { Found } from './engine.ts';

const MAX_NAME_LENGTH = 120;

const named = (kind: Found['kind'], names: readonly string[]): readonly Found[] =>
  names.map((name) => ({ kind, name: oneLine(name, MAX_NAME_LENGTH) }));

export function foundInModel(model: ProcessModel): readonly Found[] {
  const decisions = model.gateways.filter(({ kind, conditions }) => kind !== 'AND' && conditions.length > 0);
  return [
    ...named(
      'ACTOR',
      model.actors.map(({ name }) => name),
    ),
    ...named('ACTIVITY', model.activities.map(activityTitle)),
    ...named(
      'DECISION',
      decisions.map(({ conditions }) => conditions.join(' / ')),
    ),
    ...named(
      'SYSTEM',
      model.systems.map(({ name }) => name),
    ),
  ];
}

export function foundInProposal({ agents }: Proposal): readonly Found[] {
  const definitions = agents.map(({ definition }) => definition);
  return [
    ...named(
      'AGENT',
      agents.map(({ name }) => name),
    ),
    ...named(
      'TOOL',
      definitions.flatMap(({ tools }) => tools.map(({ name }) => name)),
    ),
    ...named('GUARDRAIL', [
      ...new Set(definitions.flatMap(({ guardrails }) => guardrails.map(({ description }) => description))),
    ]),
  ];
}
