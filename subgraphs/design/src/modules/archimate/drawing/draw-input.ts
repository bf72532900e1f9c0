/** What a model is drawn of: a design, or an agent by itself. */
import type { ApprovalPoint, AutomationDecision, ProposedAgent } from '../../proposal/proposal.ts';
import type { ProcessModel } from '../../process-model/process-model.ts';

export interface DrawInput {
  /** Of the design, or of the agent. */
  readonly name: string;
  /** Null for an agent of which only its definition is known. */
  readonly processModel: ProcessModel | null;
  readonly agents: readonly ProposedAgent[];
  /** Empty where nobody decided: then it is as the activities suggest. */
  readonly automation: readonly AutomationDecision[];
  readonly approvals: readonly ApprovalPoint[];
}
