/** Texts with places for values: `{{item.key}}`. Values are put in as they are; nothing in them or around them is evaluated. */

/** What may stand between the braces, by what sets a rule off. */
export const TEMPLATE_NAMES = {
  ITEM_CHANGED: [
    'item.key',
    'item.title',
    'item.body',
    'item.state',
    'item.type',
    'item.assignee',
    'item.url',
    'rule.name',
  ],
  AGENT_PUBLISHED: [
    'agent.name',
    'agent.slug',
    'agent.description',
    'agent.version',
    'agent.environment',
    'rule.name',
  ],
} as const;

const PLACE = /\{\{([^{}]*)\}\}/g;

/** The first name in the text that nothing has; null when all are known. */
export function findUnknownName(text: string, known: readonly string[]): string | null {
  for (const [, name = ''] of text.matchAll(PLACE)) {
    if (!known.includes(name.trim())) return name.trim();
  }
  return null;
}

/** One pass: what a value contains is never taken for a place. */
export function fillTemplate(text: string, values: ReadonlyMap<string, string>, maxLength: number): string {
  return text
    .replaceAll(PLACE, (_place, name: string) => values.get(name.trim()) ?? '')
    .slice(0, maxLength)
    .toWellFormed();
}
