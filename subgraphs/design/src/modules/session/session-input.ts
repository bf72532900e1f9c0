/** What `startDesign` accepts. */
import { z } from 'zod';
import { InvalidInput, isId, line, notFound, ownId, parseInput, type UserError } from '@flowgrid/platform';
import type { EngineChoice } from '../../engine/engine.ts';
import { parseContext, type DesignContextInput } from '../intake/context-input.ts';
import type { DesignContext } from '../intake/design-context.ts';
import { checkDescription } from '../process-model/analysis/description.ts';
import type { AgentSplit } from '../proposal/proposal.ts';
import { CODE_TARGETS, ENGINE_CHOICES, type CodeTarget } from './session.ts';

const TITLE_MAX_LENGTH = 200;

const startSchema = z.object({
  id: ownId.nullish(),
  title: line(TITLE_MAX_LENGTH),
  description: z.string(),
  target: z.enum(CODE_TARGETS).nullish(),
  reviewProcess: z.boolean().nullish(),
  agentId: z.string().nullish(),
  engine: z.enum(ENGINE_CHOICES).nullish(),
  split: z.enum(['ONE', 'BY_ROLE']).nullish(),
});

export interface StartInput {
  readonly id: string | null;
  readonly title: string;
  readonly description: string;
  readonly target: CodeTarget;
  readonly reviewProcess: boolean;
  readonly agentId: string | null;
  readonly engine: EngineChoice;
  readonly split: AgentSplit;
  readonly context: DesignContext;
}

/** @throws InvalidInput with everything that is wrong, `NOT_FOUND` for what cannot be the id of an agent. */
export function parseStartInput(
  input: z.input<typeof startSchema> & { readonly context?: DesignContextInput },
): StartInput {
  const problems: UserError[] = [];
  const parsed = collect(problems, () => parseInput(startSchema, input));
  for (const problem of checkDescription(input.description)) {
    problems.push({ ...problem, path: ['description'] });
  }
  const context = collect(problems, () => parseContext(input.context));
  if (parsed === null || context === null || problems.length > 0) throw new InvalidInput(problems);
  const agentId = parsed.agentId?.toLowerCase() ?? null;
  if (agentId !== null && !isId(agentId)) throw notFound('Agent');
  return {
    id: parsed.id ?? null,
    title: parsed.title,
    description: parsed.description,
    target: parsed.target ?? 'CLAUDE_AGENT_SDK',
    reviewProcess: parsed.reviewProcess ?? false,
    agentId,
    engine: parsed.engine ?? 'AUTO',
    split: parsed.split ?? 'ONE',
    context,
  };
}

/** One answer for all: what `parse` finds joins what was found before. */
function collect<Value>(problems: UserError[], parse: () => Value): Value | null {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    problems.push(...error.errors);
    return null;
  }
}
