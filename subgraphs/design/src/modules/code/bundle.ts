/** What goes into a bundle, and what comes out. */
import type { ProcessModel } from '../process-model/process-model.ts';
import type { AutomationDecision, ProposalTestCase, ProposedAgent } from '../proposal/proposal.ts';
import type { CodeTarget } from '../session/session.ts';

export interface BundleFile {
  /** Relative, with forward slashes. */
  readonly path: string;
  readonly content: string;
}

export interface Bundle {
  /** In the order of their paths. */
  readonly files: readonly BundleFile[];
}

export interface BundleInput {
  readonly target: CodeTarget;
  readonly title: string;
  /** At least one; the first takes the requests. */
  readonly agents: readonly ProposedAgent[];
  readonly processModel: ProcessModel;
  readonly testCases: readonly ProposalTestCase[];
  readonly automation: readonly AutomationDecision[];
}

export const MAX_BUNDLE_AGENTS = 20;
export const MAX_BUNDLE_FILES = 5_000;
export const MAX_BUNDLE_CHARACTERS = 24_000_000;

/** The design is too large for a bundle; the message is for whoever asked for it. */
export class BundleTooLargeError extends Error {
  override readonly name = 'BundleTooLargeError';
}
