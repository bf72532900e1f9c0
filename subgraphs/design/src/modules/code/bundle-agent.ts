/** An agent of a proposal with everything that is named in its project. */
import { takeUnique } from '../definition/plain-text.ts';
import type { ProposedAgent } from '../proposal/proposal.ts';
import type { CodeTarget } from '../session/session.ts';
import { toFileWords } from './literals.ts';
import { nameTools, toToolName } from './tool-names.ts';
import type { NamedTool } from './tool-names.ts';

export interface NamedHandOff {
  /** What the model calls. */
  readonly name: string;
  readonly agent: ProposedAgent;
  readonly folder: string;
  /** `<prefix>_AGENT_URL` and `<prefix>_AGENT_TOKEN` say where the agent is. */
  readonly envPrefix: string;
}

export interface BundleAgent {
  readonly target: CodeTarget;
  readonly agent: ProposedAgent;
  /** Its folder in a bundle of several agents; also the name of its package. */
  readonly folder: string;
  readonly tools: readonly NamedTool[];
  readonly handOffs: readonly NamedHandOff[];
}

const MAX_FOLDER_LENGTH = 40;

export function nameAgents(target: CodeTarget, agents: readonly ProposedAgent[]): readonly BundleAgent[] {
  const takenFolders = new Set<string>(['node_modules', 'github']);
  const folders = agents.map(({ key, name }) =>
    takeUnique(
      toFileWords(key, toFileWords(name, 'agent', MAX_FOLDER_LENGTH), MAX_FOLDER_LENGTH),
      takenFolders,
      '-',
    ),
  );
  return agents.map((agent, index) => {
    const takenNames = new Set<string>();
    const handOffs = agents.flatMap((other, at) => {
      const folder = folders[at] ?? '';
      if (at === index || !agent.handsOffTo.includes(other.key)) return [];
      return [nameHandOff(other, folder, takenNames)];
    });
    return {
      target,
      agent,
      folder: folders[index] ?? '',
      tools: nameTools(agent.definition.tools, takenNames),
      handOffs,
    };
  });
}

function nameHandOff(agent: ProposedAgent, folder: string, takenNames: Set<string>): NamedHandOff {
  const words = folder.replaceAll('-', '_');
  const envPrefix = /^\d/.test(words) ? `AGENT_${words}` : words;
  return {
    name: takeUnique(toToolName(`hand_off_to_${words}`), takenNames),
    agent,
    folder,
    envPrefix: envPrefix.toUpperCase(),
  };
}
