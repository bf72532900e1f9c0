/** What `acceptDesign` accepts. */
import { z } from 'zod';
import { InvalidInput, text, type UserError } from '@flowgrid/platform';
import { firstAgent, type Proposal } from '../proposal/proposal.ts';
import type { WantedName } from './acceptance-store.ts';

const MAX_NAME_LENGTH = 200;
const MAX_AGENTS = 50;

const name = text(MAX_NAME_LENGTH).trim().min(1, 'The name is empty.').nullish();
const slug = text(MAX_NAME_LENGTH).trim().min(1, 'The slug is empty.').nullish();

const agentSchema = z.object({ key: z.string(), name, slug });

export const acceptSchema = z.object({
  sessionId: z.string(),
  name,
  slug,
  revision: z.int().min(1, 'must be the number of a revision').nullish(),
  agents: z.array(agentSchema).max(MAX_AGENTS).nullish(),
});

/** What a caller gives. */
export type AcceptDesign = Omit<z.input<typeof acceptSchema>, 'agents'> & {
  readonly agents?: readonly z.input<typeof agentSchema>[] | null | undefined;
};

export type AcceptInput = z.output<typeof acceptSchema>;

/** @throws InvalidInput for keys that the proposal does not have, or that are named twice. */
export function wantedNames(input: AcceptInput): (proposal: Proposal) => (key: string) => WantedName {
  const named = input.agents ?? [];
  return (proposal) => {
    const keys = proposal.agents.map(({ key }) => key);
    const problems = named.flatMap(({ key }, index): readonly UserError[] => {
      const isTwice = named.findIndex((other) => other.key === key) !== index;
      if (keys.includes(key) && !isTwice) return [];
      const message = isTwice
        ? `"${key}" is named twice.`
        : `The proposal has the agents ${keys.join(', ')}.`;
      return [{ code: 'INVALID', message, path: ['agents', String(index), 'key'] }];
    });
    if (problems.length > 0) throw new InvalidInput(problems);
    const first = firstAgent(proposal).key;
    return (key) => {
      const own = named.find((agent) => agent.key === key);
      const top = key === first ? input : undefined;
      return { name: own?.name ?? top?.name ?? null, slug: own?.slug ?? top?.slug ?? null };
    };
  };
}

/** Paths of the agents subgraph name the same fields here; what is not in this input concerns the session. */
export function inPayload(
  errors: readonly UserError[],
  { input, key, isFirst }: { readonly input: AcceptInput; readonly key: string; readonly isFirst: boolean },
): readonly UserError[] {
  const index = input.agents?.findIndex((agent) => agent.key === key) ?? -1;
  return errors.map((error) => {
    const [field] = error.path;
    if (field !== 'name' && field !== 'slug') return { ...error, path: ['sessionId'] };
    const isOwn = index >= 0 && (!isFirst || input.agents?.[index]?.[field] != null);
    if (isOwn) return { ...error, path: ['agents', String(index), field] };
    if (isFirst) return { ...error, path: [field] };
    return { ...error, message: `The agent "${key}": ${error.message}`, path: ['agents'] };
  });
}
