/** Proposals as they come back from the database. What older versions did not know gets a default. */
import { z } from 'zod';
import { agentDefinitionSchema } from '../definition/definition-schema.ts';
import type { Proposal } from './proposal.ts';

const performer = z.enum(['AGENT', 'HUMAN', 'SYSTEM']);

const agent = z.object({
  key: z.string(),
  name: z.string(),
  summary: z.string(),
  definition: agentDefinitionSchema,
  handsOffTo: z.array(z.string()),
});

const decision = z.object({
  activityId: z.string(),
  performer,
  agentKey: z.string().nullable(),
  reason: z.string(),
});

const approval = z.object({
  activityId: z.string().nullable(),
  agentKey: z.string(),
  toolNames: z.array(z.string()),
  reason: z.string(),
});

const testCase = z.object({
  id: z.string(),
  name: z.string(),
  given: z.array(z.string()),
  input: z.string(),
  activityIds: z.array(z.string()),
  expect: z.object({ toolNames: z.array(z.string()), approvals: z.array(z.string()), outcome: z.string() }),
});

const finding = z.object({
  severity: z.enum(['ERROR', 'WARNING']),
  path: z.array(z.string()),
  message: z.string(),
});

const adjustment = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('NAME'), agentKey: z.string(), name: z.string() }),
  z.object({ kind: z.literal('APPROVAL'), activityId: z.string(), isRequired: z.boolean() }),
  z.object({ kind: z.literal('PERFORMER'), activityId: z.string(), performer }),
  z.object({
    kind: z.literal('SPLIT'),
    split: z.enum(['ONE', 'BY_ROLE']),
    count: z.number().int().nullable(),
  }),
  z.object({ kind: z.literal('INSTRUCTION'), text: z.string() }),
  z.object({ kind: z.literal('NEED'), text: z.string() }),
]);

const proposal: z.ZodType<Proposal> = z.object({
  agents: z.array(agent).min(1),
  automation: z.array(decision),
  approvals: z.array(approval),
  testCases: z.array(testCase),
  findings: z.array(finding),
  adjustments: z.array(adjustment).default([]),
});

/** @throws ZodError for what is no proposal: a bug, since this service stored it. */
export function parseStoredProposal(value: unknown): Proposal {
  return proposal.parse(value);
}
