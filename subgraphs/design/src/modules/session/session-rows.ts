/** Between rows of the database and domain types: the only place that trusts what the service stored before. */
import { z } from 'zod';
import type { Prisma } from '../../generated/prisma/client.ts';
import { agentDefinitionSchema } from '../definition/definition-schema.ts';
import {
  CODE_TARGETS,
  DESIGN_PHASES,
  DESIGN_STATES,
  ENGINE_CHOICES,
  type DesignFailure,
  type DesignPhase,
  type DesignSession,
  type DesignState,
} from './session.ts';

const stateSchema = z.enum(DESIGN_STATES);
const phaseSchema = z.enum(DESIGN_PHASES);
const targetSchema = z.enum(CODE_TARGETS);
const engineSchema = z.enum(ENGINE_CHOICES);
const splitSchema = z.enum(['ONE', 'BY_ROLE']);

const sourcesSchema = z.array(
  z.object({
    kind: z.enum(['DESCRIPTION', 'FILE', 'ITEM']),
    name: z.string(),
    start: z.number(),
    end: z.number(),
  }),
);

const findingSchema = z.object({
  severity: z.enum(['ERROR', 'WARNING']),
  path: z.array(z.string()),
  message: z.string(),
});

export const proposalSchema = z.object({
  name: z.string(),
  summary: z.string(),
  findings: z.array(findingSchema),
});

type SessionRow = Prisma.DesignSessionGetPayload<Record<string, never>>;

export function toSession(row: SessionRow): DesignSession {
  return {
    id: row.id,
    title: row.title,
    description: row.description,
    sourceText: row.sourceText ?? row.description,
    sources: row.sourceRanges === null ? null : sourcesSchema.parse(row.sourceRanges),
    engine: engineSchema.parse(row.engine),
    split: splitSchema.parse(row.split),
    target: targetSchema.parse(row.target),
    reviewProcess: row.reviewProcess,
    reviewedAt: row.reviewedAt,
    agentId: row.agentId,
    isRedesign: row.isRedesign,
    baseRevision: row.baseRevision,
    state: toState(row.state),
    phase: toPhase(row.phase),
    percent: row.percent,
    lastSequence: row.lastSequence,
    processRevision: row.processRevision,
    revision: row.revision,
    definition: row.definition === null ? null : agentDefinitionSchema.parse(row.definition),
    proposal: row.proposal === null ? null : proposalSchema.parse(row.proposal),
    usage: {
      inputTokens: row.inputTokens,
      outputTokens: row.outputTokens,
      costUsd: row.costUsd,
      provider: row.provider,
    },
    failure: toFailure(row),
    acceptingRevision: row.acceptingRevision,
    acceptedRevision: row.acceptedRevision,
    acceptedAt: row.acceptedAt,
    createdByUserId: row.createdByUserId,
    createdAt: row.createdAt,
  };
}

export const toState = (value: string): DesignState => stateSchema.parse(value);
export const toPhase = (value: string): DesignPhase => phaseSchema.parse(value);

function toFailure(row: SessionRow): DesignFailure | null {
  if (row.failureCode === null || row.failurePhase === null) return null;
  return {
    phase: toPhase(row.failurePhase),
    code: row.failureCode,
    message: row.failureMessage ?? '',
    retryable: row.failureRetryable ?? false,
  };
}
