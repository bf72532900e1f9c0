/** What a person asks for in the message of a refinement, as far as rules can read it. */
import type { AgentSplit, Performer } from '../../modules/proposal/proposal.ts';

/** Commands of one sentence; `target` is said in the person's words and looked up later. */
export type Command =
  | ModelCommand
  | ProposalCommand
  | { readonly kind: 'UNKNOWN'; readonly text: string; readonly hint: string | null };

/** What changes the process. */
export type ModelCommand =
  | { readonly kind: 'ADD_STEP'; readonly step: string; readonly place: StepPlace }
  | { readonly kind: 'REMOVE'; readonly target: string }
  | { readonly kind: 'DECIDED_BY'; readonly actor: string; readonly target: string }
  | { readonly kind: 'DONE_BY'; readonly actor: string; readonly target: string }
  | { readonly kind: 'WITHOUT_SYSTEM'; readonly system: string; readonly sentence: string }
  | { readonly kind: 'USE_SYSTEM'; readonly system: string; readonly target: string }
  | { readonly kind: 'REPLACE_SYSTEM'; readonly system: string; readonly by: string }
  | {
      readonly kind: 'RULE';
      readonly rule: 'PROHIBITION' | 'OBLIGATION' | 'DEADLINE';
      readonly text: string;
    };

/** What changes the agents only. */
export type ProposalCommand =
  | { readonly kind: 'NAME'; readonly agent: string | null; readonly name: string }
  | { readonly kind: 'APPROVAL'; readonly target: string; readonly isRequired: boolean }
  | { readonly kind: 'PERFORMER'; readonly target: string; readonly performer: Performer }
  | { readonly kind: 'SPLIT'; readonly split: AgentSplit; readonly count: number | null }
  | { readonly kind: 'INSTRUCTION'; readonly text: string };

export interface StepPlace {
  readonly relation: 'AFTER' | 'BEFORE' | 'END';
  readonly target: string;
}

export function isProposalCommand(command: Command): command is ProposalCommand {
  switch (command.kind) {
    case 'NAME':
    case 'APPROVAL':
    case 'PERFORMER':
    case 'SPLIT':
    case 'INSTRUCTION':
      return true;
    case 'ADD_STEP':
    case 'REMOVE':
    case 'DECIDED_BY':
    case 'DONE_BY':
    case 'WITHOUT_SYSTEM':
    case 'USE_SYSTEM':
    case 'REPLACE_SYSTEM':
    case 'RULE':
    case 'UNKNOWN':
      return false;
    default:
      return command satisfies never;
  }
}
