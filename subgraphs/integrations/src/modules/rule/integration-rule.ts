/** What happens by itself when something changes, and what it came to each time. */
import { z } from 'zod';
import { ITEM_CHANGES } from '../../adapters/hooks/hook-dialect.ts';

export const RULE_TRIGGERS = ['ITEM_CHANGED', 'AGENT_PUBLISHED'] as const;
export type RuleTrigger = (typeof RULE_TRIGGERS)[number];

export const RULE_ACTIONS = ['TIE_TO_AGENT', 'START_DESIGN', 'CREATE_ITEM'] as const;
export type RuleAction = (typeof RULE_ACTIONS)[number];

export const DESIGN_ENGINES = ['AUTO', 'LOCAL', 'CLAUDE', 'OPENAI'] as const;

/** Which changes of items a rule is about. An empty list is all of them. */
export const filterSchema = z.object({
  changes: z.array(z.enum(ITEM_CHANGES)).readonly(),
  types: z.array(z.string()).readonly(),
  states: z.array(z.string()).readonly(),
  /** Each has to be in the title. */
  words: z.array(z.string()).readonly(),
  /** Repository or project. */
  container: z.string().nullable(),
});
export type RuleFilter = z.output<typeof filterSchema>;

/** What is stored of a rule beside its columns. */
export const settingsSchema = z.object({
  filter: filterSchema,
  environment: z.string().nullable(),
  engine: z.enum(DESIGN_ENGINES).nullable(),
  container: z.string().nullable(),
  itemType: z.string().nullable(),
  title: z.string(),
  body: z.string(),
});
export type RuleSettings = z.output<typeof settingsSchema>;

export interface IntegrationRule extends RuleSettings {
  readonly id: string;
  readonly name: string;
  readonly isEnabled: boolean;
  readonly trigger: RuleTrigger;
  readonly action: RuleAction;
  readonly integrationId: string | null;
  readonly agentId: string | null;
  readonly maxRunsPerHour: number;
  readonly disabledReason: string | null;
  readonly authorUserId: string | null;
  readonly authorName: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const RUN_STATES = ['READY', 'RUNNING', 'SENDING', 'DONE', 'FAILED'] as const;
export type RunState = (typeof RUN_STATES)[number];

export interface RuleRun {
  readonly id: string;
  readonly ruleId: string;
  readonly eventId: string;
  readonly state: RunState;
  readonly integrationId: string | null;
  readonly itemKey: string | null;
  readonly itemTitle: string | null;
  readonly itemUrl: string | null;
  readonly sessionId: string | null;
  readonly note: string | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}
