/** What a message asks of the agents, as adjustments that every later proposal keeps to. */
import { activityTitle, isHumanDecision } from '../../modules/definition/activities.ts';
import { plainName } from '../../modules/definition/plain-text.ts';
import type { ProcessModel } from '../../modules/process-model/process-model.ts';
import type { Adjustment, Proposal } from '../../modules/proposal/proposal.ts';
import { isProposalCommand } from './command.ts';
import type { ProposalCommand } from './command.ts';
import { findActivities } from './find-target.ts';
import { readMessage } from './read-message.ts';

export interface Adjusted {
  readonly adjustments: readonly Adjustment[];
  readonly said: readonly string[];
}

interface Understood {
  readonly adjustments: readonly Adjustment[];
  readonly said: string;
}

/** The earlier adjustments with those of the message behind them. */
export function adjustProposal(message: string, model: ProcessModel, proposal: Proposal): Adjusted {
  const commands = readMessage(message).filter(isProposalCommand);
  // How many agents there are comes first: a name that is given beside it is meant for what comes of it.
  const ordered = [
    ...commands.filter(({ kind }) => kind === 'SPLIT'),
    ...commands.filter(({ kind }) => kind !== 'SPLIT'),
  ];
  const understood = ordered.map((command) => understand(command, model, proposal));
  return {
    adjustments: [...proposal.adjustments, ...understood.flatMap(({ adjustments }) => adjustments)],
    said: understood.map(({ said }) => said),
  };
}

function understand(command: ProposalCommand, model: ProcessModel, proposal: Proposal): Understood {
  switch (command.kind) {
    case 'NAME':
      return rename(command, proposal);
    case 'APPROVAL':
      return requireApproval(command, model);
    case 'PERFORMER':
      return givePerformer(command, model);
    case 'SPLIT': {
      const { split, count } = command;
      const many =
        count === null
          ? 'One agent for each role whose work is automated'
          : `At most ${count} agents, by role`;
      return { adjustments: [command], said: split === 'ONE' ? 'One agent does everything.' : `${many}.` };
    }
    case 'INSTRUCTION':
      return {
        adjustments: [{ kind: 'INSTRUCTION', text: plainName(command.text, 500) }],
        said: `Told the agents: “${plainName(command.text, 200)}”.`,
      };
    default:
      return command satisfies never;
  }
}

type Of<Kind extends ProposalCommand['kind']> = Extract<ProposalCommand, { readonly kind: Kind }>;

function rename({ agent, name }: Of<'NAME'>, { agents }: Proposal): Understood {
  const [first] = agents;
  const wanted = agent?.toLowerCase();
  const found =
    wanted === undefined
      ? first
      : agents.find((candidate) =>
          [candidate.name, candidate.key].some((known) => known.toLowerCase().includes(wanted)),
        );
  if (name === '' || found === undefined) {
    return {
      adjustments: [],
      said: `Nothing was renamed: there is no agent «${plainName(agent ?? '', 80)}».`,
    };
  }
  return {
    adjustments: [{ kind: 'NAME', agentKey: found.key, name }],
    said: `«${found.name}» is called «${name}».`,
  };
}

function requireApproval({ target, isRequired }: Of<'APPROVAL'>, model: ProcessModel): Understood {
  const found = findActivities(model, target);
  if ('problem' in found)
    return { adjustments: [], said: `The approvals are as they were. ${found.problem}` };
  const [first] = found.activities;
  const title = first === undefined ? target : activityTitle(first);
  if (!isRequired && found.activities.some((activity) => isHumanDecision(model, activity))) {
    return {
      adjustments: [],
      said: `«${title}» is itself a decision of a person, so it still waits. Give it to an agent, or remove the step.`,
    };
  }
  return {
    adjustments: found.activities.map(({ id }) => ({ kind: 'APPROVAL', activityId: id, isRequired })),
    said: isRequired ? `«${title}» waits for a person.` : `«${title}» waits for nobody.`,
  };
}

function givePerformer({ target, performer }: Of<'PERFORMER'>, model: ProcessModel): Understood {
  const found = findActivities(model, target);
  if ('problem' in found) return { adjustments: [], said: `The automation is as it was. ${found.problem}` };
  const [first] = found.activities;
  const title = first === undefined ? target : activityTitle(first);
  const who = performer === 'AGENT' ? 'an agent' : performer === 'HUMAN' ? 'a person' : 'a system';
  return {
    adjustments: found.activities.map(({ id }) => ({ kind: 'PERFORMER', activityId: id, performer })),
    said: `«${title}» is done by ${who}.`,
  };
}
