/** New issues, comments, and the steps that an issue may take. Each is sent once. */
import type { Octokit } from '@octokit/rest';
import { z } from 'zod';
import { ConnectorError } from '../connector-error.ts';
import {
  toItemLine,
  toItemUrl,
  type ExternalComment,
  type ExternalItem,
  type ItemDraft,
  type ItemTransition,
} from '../external-item.ts';
import { parseAnswer } from './github-client.ts';
import { getIssue, issueSchema, toItem, type Issue, type IssuePlace } from './github-issues.ts';
import type { RepositoryPlace } from './github-repositories.ts';

type Step = ItemTransition & { readonly change: StateChange };
type StateChange =
  | { readonly state: 'open' }
  | { readonly state: 'closed'; readonly state_reason?: 'completed' | 'not_planned' };

const CLOSE_COMPLETED: Step = {
  id: 'completed',
  name: 'Close as completed',
  toState: 'closed',
  change: { state: 'closed', state_reason: 'completed' },
};
const CLOSE_NOT_PLANNED: Step = {
  id: 'not_planned',
  name: 'Close as not planned',
  toState: 'closed',
  change: { state: 'closed', state_reason: 'not_planned' },
};
const CLOSE_PULL: Step = { id: 'close', name: 'Close', toState: 'closed', change: { state: 'closed' } };
const REOPEN: Step = { id: 'reopen', name: 'Reopen', toState: 'open', change: { state: 'open' } };

const commentSchema = z.object({ id: z.number(), html_url: z.string() });

export async function createIssue(
  octokit: Octokit,
  place: RepositoryPlace,
  { title, body, type }: ItemDraft,
): Promise<ExternalItem> {
  const { data } = await octokit.rest.issues.create({
    ...place,
    title,
    body,
    ...(type !== null && { type }),
  });
  return toItem(parseAnswer(issueSchema, data));
}

export async function createComment(
  octokit: Octokit,
  { owner, repo, number }: IssuePlace,
  body: string,
): Promise<ExternalComment> {
  const { data } = await octokit.rest.issues.createComment({ owner, repo, issue_number: number, body });
  const comment = parseAnswer(commentSchema, data);
  return { id: toItemLine(String(comment.id)), url: toItemUrl(comment.html_url) };
}

/** What may be done with the issue as it is; a merged pull request stays closed. */
function stepsOf({ state, pull_request: pull }: Issue): readonly Step[] {
  if (state !== 'open') return pull?.merged_at ? [] : [REOPEN];
  return pull ? [CLOSE_PULL] : [CLOSE_COMPLETED, CLOSE_NOT_PLANNED];
}

export async function listSteps(octokit: Octokit, place: IssuePlace): Promise<readonly ItemTransition[]> {
  const steps = stepsOf(await getIssue(octokit, place));
  return steps.map(({ id, name, toState }) => ({ id, name, toState }));
}

export async function takeStep(
  octokit: Octokit,
  place: IssuePlace,
  transitionId: string,
): Promise<ExternalItem> {
  const step = stepsOf(await getIssue(octokit, place)).find(({ id }) => id === transitionId);
  if (step === undefined) throw new ConnectorError('This cannot be done with the issue as it is now.');
  const { owner, repo, number } = place;
  const { data } = await octokit.rest.issues.update({ owner, repo, issue_number: number, ...step.change });
  return toItem(parseAnswer(issueSchema, data));
}
