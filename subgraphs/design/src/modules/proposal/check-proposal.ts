/** Whether the parts of a proposal fit each other and the process model; what is wrong inside a definition is not said here. */
import type { Finding } from '../definition/finding.ts';
import type { ProcessModel } from '../process-model/process-model.ts';
import type { Proposal } from './proposal.ts';

export function checkProposal(proposal: Proposal, model: ProcessModel): readonly Finding[] {
  const keys = proposal.agents.map(({ key }) => key);
  const isKey = (key: string): boolean => keys.includes(key);
  const activityIds = new Set(model.activities.map(({ id }) => id));
  const isActivity = (id: string): boolean => activityIds.has(id);
  return [
    ...keys.flatMap((key, index) =>
      keys.indexOf(key) === index
        ? []
        : [error(['agents', String(index), 'key'], `«${key}» names two agents.`)],
    ),
    ...proposal.agents.flatMap(({ key, handsOffTo }, index) =>
      handsOffTo
        .filter((other) => !isKey(other) || other === key)
        .map((other) => error(['agents', String(index), 'handsOffTo'], `No other agent is «${other}».`)),
    ),
    ...proposal.automation.flatMap(({ activityId, agentKey }, index) => [
      ...unknown(['automation', String(index), 'activityId'], activityId, isActivity),
      ...unknown(['automation', String(index), 'agentKey'], agentKey, isKey),
    ]),
    ...proposal.approvals.flatMap(({ activityId, agentKey }, index) => [
      ...unknown(['approvals', String(index), 'activityId'], activityId, isActivity),
      ...unknown(['approvals', String(index), 'agentKey'], agentKey, isKey),
    ]),
    ...proposal.testCases.flatMap(({ activityIds: ids }, index) =>
      ids.flatMap((id) => unknown(['testCases', String(index), 'activityIds'], id, isActivity)),
    ),
  ];
}

function unknown(
  path: readonly string[],
  id: string | null,
  isKnown: (id: string) => boolean,
): readonly Finding[] {
  return id === null || isKnown(id) ? [] : [error(path, `There is no «${id}».`)];
}

function error(path: readonly string[], message: string): Finding {
  return { severity: 'ERROR', path, message };
}
