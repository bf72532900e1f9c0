/** What callers send, checked before anything is asked of the other system. */
import { z } from 'zod';
import { invalidInput, line, parseInput } from '@flowgrid/platform';
import type { PullRequestDraft } from '../../adapters/connector.ts';
import { parseRepository } from '../../adapters/github/github-repositories.ts';
import { MAX_FILES, findBranchProblem, findFileProblem } from '../../adapters/github/pull-request-files.ts';

const MAX_TITLE_LENGTH = 250;
const MAX_BODY_LENGTH = 60_000;

const branch = z.string().check((context) => {
  const problem = findBranchProblem(context.value);
  if (problem !== null) context.issues.push({ code: 'custom', message: problem, input: context.value });
});

const schema = z.object({
  integrationId: z.string(),
  repository: z
    .string()
    .refine((name) => parseRepository(name) !== null, 'A repository is written as "owner/repository".'),
  baseBranch: branch.nullish(),
  branch,
  title: line(MAX_TITLE_LENGTH),
  body: z.string().max(MAX_BODY_LENGTH, 'This is too long.').nullish(),
  files: z
    .array(z.object({ path: z.string(), content: z.string() }))
    .max(MAX_FILES, `There are at most ${MAX_FILES} files.`),
});

export type CreatePullRequest = z.input<typeof schema>;

/** @throws InvalidInput. */
export function parsePullRequest(
  input: CreatePullRequest,
): PullRequestDraft & { readonly integrationId: string } {
  const { body, baseBranch = null, ...rest } = parseInput(schema, input);
  const problem = findFileProblem(rest);
  if (problem !== null) throw invalidInput('INVALID', problem, ['files']);
  if (rest.branch === baseBranch) {
    throw invalidInput('INVALID', 'The branch is another one than its base.', ['branch']);
  }
  return { ...rest, baseBranch, body: body ?? '' };
}
