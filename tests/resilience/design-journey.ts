/** A design as a client goes through it: over the router, by GraphQL and by subscription. */
import { expect } from 'vitest';
import { subscribe, type SubscriptionOptions, type TestSubscription } from '../testkit/subscription.ts';
import type { TestTenant } from '../testkit/tenant.ts';
import { getJob, listEvents, listResults, type DatabaseRows } from './database-rows.ts';

export const DESCRIPTION = `A customer sends a claim by email. The claims clerk records the claim in Jira and checks the policy.
If the policy is valid and the amount is above 5,000 euros, the team lead approves the claim within two days.
Otherwise the clerk rejects the claim and informs the customer. Finally, the accounting department pays the approved amount.`;

export const WORK_PHASES = ['CONTEXT', 'ANALYSIS', 'DESIGN', 'VALIDATION', 'CODE', 'MODEL'] as const;

/** The operation with which a worker asks what the tenant has connected: the longest wait of the CONTEXT phase. */
export const CONTEXT_OPERATION = 'DesignContextIntegrations';

const START = `mutation Start($input: StartDesignInput!) {
  startDesign(input: $input) { session { id } errors { code message path } } }`;
const SESSION = `query Session($id: ID!) { designSession(id: $id) {
  id state phase percent acceptedAt agent { id name } failure { code message } } }`;
const FOLLOW = `subscription Follow($id: ID!, $after: Int) {
  designProgress(sessionId: $id, after: $after) { sequence phase state percent message session { id state } } }`;

export interface SessionView {
  readonly id: string;
  readonly state: string;
  readonly acceptedAt: string | null;
  readonly agent: { readonly id: string; readonly name: string } | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
}

export async function startDesign(
  tenant: Pick<TestTenant, 'get'>,
  input: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { startDesign: payload } = await tenant.get<{
    startDesign: { session: { id: string } | null; errors: readonly unknown[] };
  }>(START, { input: { title: 'Claims', description: DESCRIPTION, ...input } });
  if (!payload.session) throw new Error(JSON.stringify(payload.errors));
  return payload.session.id;
}

export async function getSession(tenant: Pick<TestTenant, 'get'>, id: string): Promise<SessionView> {
  const { designSession } = await tenant.get<{ designSession: SessionView | null }>(SESSION, { id });
  if (!designSession) throw new Error(`no session ${id}`);
  return designSession;
}

export interface ProgressEvent {
  readonly sequence: number;
  readonly phase: string;
  readonly state: string;
  readonly percent: number;
  readonly message: string;
}

export interface Followed extends TestSubscription {
  /** The events so far; fails when one came with errors. */
  progress(): readonly ProgressEvent[];
  /** Waits for an event in the state. */
  reaches(state: string): Promise<unknown>;
}

/** Follows a session on a socket of its own, which is not opened again when it is lost. */
export function followDesign(
  routerUrl: string,
  options: Omit<SubscriptionOptions, 'url'> & { readonly id: string; readonly after?: number },
): Followed {
  const { id, after = 0, ...rest } = options;
  const request = { query: FOLLOW, variables: { id, after } };
  const subscription = subscribe(request, { url: `${routerUrl}/graphql`, ...rest });
  return {
    ...subscription,
    progress: () =>
      subscription.events.map(({ data, errors }) => {
        if (errors !== undefined || !data) throw new Error(`an event with errors: ${JSON.stringify(errors)}`);
        return (data as { designProgress: ProgressEvent }).designProgress;
      }),
    reaches: (state) =>
      subscription.next<{ designProgress: ProgressEvent }>(
        `an event ${state}`,
        ({ designProgress }) => designProgress.state === state,
      ),
  };
}

/** Each phase done once, events without gap or repetition, nothing of an attempt after a later one has begun. */
export async function expectWholeStory(rows: DatabaseRows, sessionId: string): Promise<void> {
  const events = await listEvents(rows, sessionId);
  const results = await listResults(rows, sessionId);
  const job = await getJob(rows, sessionId);
  const finished = events.filter(({ state, message }) => state === 'RUNNING' && !isTaking(message));
  const attempts = events.map(({ attempt }) => attempt);

  expect(job.state).toBe('ENDED');
  expect(events.at(-1)).toMatchObject({ phase: 'DONE', state: 'SUCCEEDED', percent: 100 });
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
  expect(attempts).toEqual(attempts.toSorted((a, b) => a - b));
  expect(finished.map(({ phase }) => phase)).toEqual(WORK_PHASES);
  expect(results.map(({ phase }) => phase)).toEqual(WORK_PHASES);
}

function isTaking(message: string): boolean {
  return message === 'A worker took the job.' || message === 'Another worker took over.';
}
