/** Who reads descriptions and proposes agents: Flowgrid's own rules, or an AI model whose answers are checked. */
import type { AgentDefinition, IntegrationKind } from '../modules/definition/agent-definition.ts';
import type { ExistingAgent } from '../modules/definition/find-hand-offs.ts';
import type { ProcessModel } from '../modules/process-model/process-model.ts';
import type { AgentSplit, Proposal } from '../modules/proposal/proposal.ts';

export type EngineName = 'LOCAL' | 'CLAUDE' | 'OPENAI';

/** What a caller may ask for. AUTO: the tenant's setting, else the first provider with a key, else LOCAL. */
export type EngineChoice = EngineName | 'AUTO';

/** Something that a model proposed and that was not taken. */
export interface Rejection {
  readonly phase: 'ANALYSIS' | 'DESIGN';
  /** What was proposed, shortened: `tool send_fax`. */
  readonly subject: string;
  readonly reason: string;
}

/** Something that was recognised while the work goes on, for those who follow. */
export interface Found {
  readonly kind: 'ACTOR' | 'ACTIVITY' | 'DECISION' | 'SYSTEM' | 'AGENT' | 'TOOL' | 'GUARDRAIL';
  readonly name: string;
}

export interface EngineJob {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly engine: EngineChoice;
  readonly signal: AbortSignal;
  /** Called as things are recognised; whoever gives it throttles. */
  readonly onFound: (found: readonly Found[]) => void;
}

export interface AnalysisRequest extends EngineJob {
  readonly sourceText: string;
  /** What a refinement starts from; null for the first analysis. */
  readonly previous: { readonly model: ProcessModel; readonly message: string } | null;
}

export interface DesignRequest extends EngineJob {
  readonly title: string;
  readonly sourceText: string;
  readonly processModel: ProcessModel;
  readonly existingAgents: readonly ExistingAgent[];
  /** Kinds of the integrations that the tenant has: nothing else may be bound. */
  readonly integrationKinds: readonly IntegrationKind[];
  readonly model: { readonly provider: string; readonly name: string };
  readonly split: AgentSplit;
  /** The definition of the agent under redesign. */
  readonly base: AgentDefinition | null;
  /** What a refinement starts from; null for the first proposal. The message is null when the process model was edited. */
  readonly previous: { readonly proposal: Proposal; readonly message: string | null } | null;
}

/** How a result came about. */
export interface Provenance {
  /** Who did the work in the end. */
  readonly engine: EngineName;
  /** The model that answered; null for LOCAL. */
  readonly model: string | null;
  /** Why it was not the engine that was asked for: the provider was down. Null otherwise. */
  readonly fallback: string | null;
  readonly rejections: readonly Rejection[];
}

export interface AnalysisResult extends Provenance {
  /** After a refinement that asks for no other process: the model that was given, revision and all. */
  readonly processModel: ProcessModel;
  /** What of a refinement's message changed the process, and what nobody understood. The answer of the design comes after it. */
  readonly answer: string | null;
}

export interface DesignResult extends Provenance {
  readonly proposal: Proposal;
  /** What of a refinement's message was done to the agents, and what could not be: shown to the person. */
  readonly answer: string | null;
}

/** The work cannot be done by anyone asked. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  /**
   * PROVIDER_UNAVAILABLE (only where falling back was not allowed), ANSWER_INVALID (also after the repair), ANSWER_REFUSED,
   * BUDGET_EXCEEDED, NOT_CONFIGURED, TOO_LONG.
   */
  readonly code: string;
  readonly isRetryable: boolean;
  readonly rejections: readonly Rejection[];

  constructor(
    failure: {
      readonly code: string;
      readonly message: string;
      readonly isRetryable: boolean;
      readonly rejections?: readonly Rejection[];
    },
    cause?: unknown,
  ) {
    super(failure.message, cause === undefined ? undefined : { cause });
    this.code = failure.code;
    this.isRetryable = failure.isRetryable;
    this.rejections = failure.rejections ?? [];
  }
}

export interface DesignEngine {
  /** @throws EngineError, AnalysisError of the local analyser, the signal's reason. */
  analyze(request: AnalysisRequest): Promise<AnalysisResult>;
  /** @throws EngineError, the signal's reason. */
  design(request: DesignRequest): Promise<DesignResult>;
}
