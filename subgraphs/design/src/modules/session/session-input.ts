/** What `startDesign` accepts. */
import { z } from 'zod';
import { InvalidInput, isId, line, notFound, ownId, parseInput } from '@flowgrid/platform';
import { checkDescription } from '../process-model/analysis/description.ts';
import { CODE_TARGETS, type CodeTarget } from './session.ts';

const TITLE_MAX_LENGTH = 200;

const startSchema = z.object({
  id: ownId.nullish(),
  title: line(TITLE_MAX_LENGTH),
  description: z.string(),
  target: z.enum(CODE_TARGETS).nullish(),
  reviewProcess: z.boolean().nullish(),
  agentId: z.string().nullish(),
});

export interface StartInput {
  readonly id: string | null;
  readonly title: string;
  readonly description: string;
  readonly target: CodeTarget;
  readonly reviewProcess: boolean;
  readonly agentId: string | null;
}

/** @throws InvalidInput with everything that is wrong, `NOT_FOUND` for what cannot be the id of an agent. */
export function parseStartInput(input: z.input<typeof startSchema>): StartInput {
  const problems = checkDescription(input.description).map((problem) => ({
    ...problem,
    path: ['description'],
  }));
  const parsed = withProblems(problems, () => parseInput(startSchema, input));
  const agentId = parsed.agentId?.toLowerCase() ?? null;
  if (agentId !== null && !isId(agentId)) throw notFound('Agent');
  return {
    id: parsed.id ?? null,
    title: parsed.title,
    description: parsed.description,
    target: parsed.target ?? 'CLAUDE_AGENT_SDK',
    reviewProcess: parsed.reviewProcess ?? false,
    agentId,
  };
}

/** One answer for all: what `parse` finds comes together with what was found before. */
function withProblems<Value>(problems: InvalidInput['errors'], parse: () => Value): Value {
  try {
    const value = parse();
    if (problems.length === 0) return value;
  } catch (error) {
    if (error instanceof InvalidInput) throw new InvalidInput([...error.errors, ...problems]);
    throw error;
  }
  throw new InvalidInput(problems);
}
