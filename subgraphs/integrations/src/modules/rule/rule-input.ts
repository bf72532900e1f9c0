/** What callers send, checked. */
import { z } from 'zod';
import { invalidInput, line, ownId, text } from '@flowgrid/platform';
import { ITEM_CHANGES } from '../../adapters/hooks/hook-dialect.ts';
import {
  DESIGN_ENGINES,
  RULE_ACTIONS,
  RULE_TRIGGERS,
  type RuleAction,
  type RuleSettings,
  type RuleTrigger,
} from './integration-rule.ts';
import { TEMPLATE_NAMES, findUnknownName } from './template.ts';

const MAX_NAME_LENGTH = 100;
const MAX_WORD_LENGTH = 100;
const MAX_WORDS = 20;
const MAX_TITLE_LENGTH = 200;
const MAX_BODY_LENGTH = 5_000;
const MAX_RUNS_PER_HOUR = 1_000;
const DEFAULT_RUNS_PER_HOUR = 60;

const words = z.array(line(MAX_WORD_LENGTH)).max(MAX_WORDS).readonly().nullish();
const fields = {
  name: line(MAX_NAME_LENGTH),
  isEnabled: z.boolean(),
  trigger: z.enum(RULE_TRIGGERS),
  action: z.enum(RULE_ACTIONS),
  integrationId: z.string(),
  agentId: ownId.nullish(),
  environment: line(MAX_NAME_LENGTH).nullish(),
  filter: z
    .object({
      changes: z.array(z.enum(ITEM_CHANGES)).max(ITEM_CHANGES.length).readonly().nullish(),
      types: words,
      states: words,
      words,
      container: line(MAX_NAME_LENGTH).nullish(),
    })
    .nullish(),
  engine: z.enum(DESIGN_ENGINES).nullish(),
  container: line(MAX_NAME_LENGTH).nullish(),
  itemType: line(MAX_NAME_LENGTH).nullish(),
  title: line(MAX_TITLE_LENGTH).nullish(),
  body: text(MAX_BODY_LENGTH).nullish(),
  maxRunsPerHour: z.int().min(1).max(MAX_RUNS_PER_HOUR).nullish(),
};

export const createRuleSchema = z.object({
  ...fields,
  id: ownId.nullish(),
  isEnabled: fields.isEnabled.nullish(),
});
export type CreateRule = z.input<typeof createRuleSchema>;

/** What a rule does is given as a whole; its name and whether it is on may be changed alone. */
export const updateRuleSchema = z.object({
  id: z.string(),
  name: fields.name.nullish(),
  isEnabled: fields.isEnabled.nullish(),
  definition: z.object(fields).omit({ name: true, isEnabled: true }).nullish(),
});
export type UpdateRule = z.input<typeof updateRuleSchema>;

export type RuleDefinition = Omit<z.output<typeof createRuleSchema>, 'id' | 'name' | 'isEnabled'>;

export interface CheckedDefinition extends RuleSettings {
  readonly trigger: RuleTrigger;
  readonly action: RuleAction;
  readonly integrationId: string;
  readonly agentId: string | null;
  readonly maxRunsPerHour: number;
}

/** @throws InvalidInput for what does not go together. */
export function checkDefinition(input: RuleDefinition): CheckedDefinition {
  const { trigger, action } = input;
  const isOfItems = action === 'TIE_TO_AGENT' || action === 'START_DESIGN';
  if (isOfItems !== (trigger === 'ITEM_CHANGED'))
    throw invalidInput('INVALID', `${action} does not follow ${trigger}.`, ['action']);
  if (action === 'TIE_TO_AGENT' && input.agentId == null)
    throw invalidInput('REQUIRED', 'Say to which agent items are tied.', ['agentId']);
  if (action === 'CREATE_ITEM' && input.container == null)
    throw invalidInput('REQUIRED', 'Say where the item is made: a repository, a project or a table.', [
      'container',
    ]);
  const texts = {
    title: input.title ?? DEFAULT_TEXTS[trigger].title,
    body: input.body ?? DEFAULT_TEXTS[trigger].body,
  };
  for (const [field, value] of Object.entries(texts)) {
    const unknown = findUnknownName(value, TEMPLATE_NAMES[trigger]);
    if (unknown !== null)
      throw invalidInput(
        'INVALID',
        `Nothing is called ${unknown.slice(0, 50)}: use ${TEMPLATE_NAMES[trigger].join(', ')}.`,
        [field],
      );
  }
  return {
    trigger,
    action,
    integrationId: input.integrationId,
    agentId: input.agentId ?? null,
    maxRunsPerHour: input.maxRunsPerHour ?? DEFAULT_RUNS_PER_HOUR,
    environment: input.environment ?? null,
    engine: input.engine ?? null,
    container: input.container ?? null,
    itemType: input.itemType ?? null,
    ...texts,
    filter: {
      changes: input.filter?.changes ?? [],
      types: input.filter?.types ?? [],
      states: input.filter?.states ?? [],
      words: input.filter?.words ?? [],
      container: input.filter?.container ?? null,
    },
  };
}

const DEFAULT_TEXTS = {
  ITEM_CHANGED: { title: '{{item.key}}: {{item.title}}', body: '{{item.title}}\n\n{{item.body}}' },
  AGENT_PUBLISHED: {
    title: 'Agent {{agent.name}}: version {{agent.version}} runs in {{agent.environment}}',
    body: '{{agent.description}}',
  },
} as const;
