/** What a phase of a design gets and gives. */
import { z } from 'zod';
import type { AgentsClient } from '../adapters/agents-client.ts';
import type { Grants } from '../adapters/grants.ts';
import type { IntegrationsClient } from '../adapters/integrations-client.ts';
import type { Tx } from '../database.ts';
import type { DesignEngine, Found } from '../engine/engine.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import type { ArchimateWorkshop } from '../modules/archimate/thread/archimate-workshop.ts';
import type { CollectedSources, SourceRequest } from '../modules/intake/collect-sources.ts';
import type { PhaseResults } from '../modules/job/job-store.ts';
import type { KnownAgents } from '../modules/known-agent/known-agent.ts';
import type { ProcessModel } from '../modules/process-model/process-model.ts';
import type { Proposal } from '../modules/proposal/proposal.ts';
import type { DesignRevision } from '../modules/revision/revision.ts';
import type { DesignPhase, DesignSession } from '../modules/session/session.ts';

/** Everything that phases use from outside. */
export interface PhaseTools {
  /** For an agent under redesign, as it is at the moment. */
  readonly agents: AgentsClient;
  /** What this service knows of a tenant's agents. */
  readonly knownAgents: KnownAgents;
  readonly integrations: IntegrationsClient;
  readonly grants: Grants;
  /** What a session was given beside its description. @throws SourceProblem, and what `readItem` throws. */
  readonly collectSources: (request: SourceRequest) => Promise<CollectedSources>;
  /** Who analyses and proposes. */
  readonly engine: DesignEngine;
  /** Draws ArchiMate models. @throws ArchimateRefusal. */
  readonly archimate: Pick<ArchimateWorkshop, 'draw'>;
  /** The model of new agents. */
  readonly defaultModel: { readonly provider: string; readonly name: string };
}

export interface Evidence {
  readonly actorId: string;
  /** The context token with which the user asked. */
  readonly contextToken: string;
}

export interface PhaseInput {
  readonly tools: PhaseTools;
  readonly tenantId: string;
  readonly session: DesignSession;
  /** What is worked on. */
  readonly revision: DesignRevision;
  /** The newest process model; null before the first analysis. */
  readonly processModel: ProcessModel | null;
  /** What an earlier revision proposed; null for the first. */
  readonly previous: Proposal | null;
  /** What CONTEXT found for an earlier revision; the text that is analysed stays the same. */
  readonly earlierContext: unknown;
  /** What earlier phases found, as it was stored. */
  readonly results: PhaseResults;
  /** That a user asked for this work; null when it is no longer kept. */
  readonly evidence: Evidence | null;
  readonly signal: AbortSignal;
  /** Called as things are recognised; they become events, a few at a time. */
  readonly onFound: (found: readonly Found[]) => void;
}

export interface PhaseOutcome {
  /** What was found or made, for the people who follow. */
  readonly message: string;
  /** For later phases and attempts; plain data. */
  readonly result: object;
  readonly patch?: Prisma.DesignSessionUncheckedUpdateInput;
  /** Changes of the design revision. */
  readonly revisionPatch?: Prisma.DesignRevisionUncheckedUpdateManyInput;
  /** The process model for later phases, where it is another one. */
  readonly processModel?: ProcessModel;
  /** Written together with the result. */
  readonly store?: (tx: Tx, tenantId: string, now: Date) => Promise<void>;
}

export type Phase = (input: PhaseInput) => Promise<PhaseOutcome>;

export type FoundAllTheSame = Pick<PhaseOutcome, 'patch' | 'revisionPatch' | 'store'>;

/** A phase cannot do its work, and says to the user why. */
export class PhaseFailure extends Error {
  override readonly name = 'PhaseFailure';
  readonly code: string;
  readonly retryable: boolean;
  /** What the phase found all the same. */
  readonly outcome: FoundAllTheSame;

  constructor(
    failure: { readonly code: string; readonly message: string; readonly retryable: boolean },
    options: { readonly cause?: unknown; readonly outcome?: FoundAllTheSame } = {},
  ) {
    super(failure.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = failure.code;
    this.retryable = failure.retryable;
    this.outcome = options.outcome ?? {};
  }
}

/** The result of an earlier phase. */
export function resultOf<Result>(
  results: PhaseResults,
  phase: DesignPhase,
  schema: z.ZodType<Result>,
): Result {
  return schema.parse(results.get(phase));
}

/** `1 tool`, `3 tools`. */
export function count(number: number, noun: string): string {
  const plural = noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return `${number.toLocaleString('en')} ${number === 1 ? noun : plural}`;
}
