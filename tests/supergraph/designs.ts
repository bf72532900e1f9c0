/** Design sessions of a tenant, started and followed through the router as a client would. */
import { dataOf, type GraphQLAnswer } from '../testkit/graphql.ts';
import { sharedPlatform } from '../testkit/shared-platform.ts';
import { subscribe, type TestSubscription } from '../testkit/subscription.ts';
import type { TestTenant } from '../testkit/tenant.ts';
import { until } from '../testkit/wait.ts';

export const DESCRIPTION = `A customer sends a claim by email. The claims clerk records the claim in Jira and checks the policy.
If the policy is valid and the amount is above 5,000 euros, the team lead approves the claim within two days.
Otherwise the clerk rejects the claim and informs the customer. Finally, the accounting department pays the approved amount.`;

/** Long enough for a job on a busy machine. */
const DESIGN_LIMIT_MS = 60_000;

export const START = `mutation Start($input: StartDesignInput!) {
  startDesign(input: $input) { session { id } errors { code path } } }`;

/** Crosses three subgraphs on a redesign: the session of design, its agent of agents, the agent's owner of auth. */
export const PROGRESS = `subscription Progress($id: ID!, $after: Int) {
  designProgress(sessionId: $id, after: $after) {
    sequence phase state percent session { id agent { id name owner { id name } } createdBy { name } } } }`;

export interface ProgressEvent {
  readonly sequence: number;
  readonly phase: string;
  readonly state: string;
  readonly percent: number;
  readonly session: {
    readonly id: string;
    readonly agent: { id: string; name: string; owner: { id: string; name: string } | null } | null;
    readonly createdBy: { name: string } | null;
  };
}

export interface StartInput {
  readonly title?: string;
  readonly description?: string;
  readonly reviewProcess?: boolean;
  readonly agentId?: string;
}

export function askToStart(
  tenant: TestTenant,
  input: Readonly<Record<string, unknown>> = {},
): Promise<GraphQLAnswer> {
  return tenant.ask('EDITOR', START, {
    input: { title: 'Claims', description: DESCRIPTION, ...input },
  });
}

/** Starts a session as EDITOR and gives its id. */
export async function startDesign(tenant: TestTenant, input: StartInput = {}): Promise<string> {
  const { startDesign: payload } = dataOf<{
    startDesign: { session: { id: string } | null; errors: unknown[] };
  }>(await askToStart(tenant, { ...input }));
  if (!payload.session) throw new Error(`not started: ${JSON.stringify(payload.errors)}`);
  return payload.session.id;
}

export function waitForState(tenant: TestTenant, id: string, state: string): Promise<true> {
  const query = 'query($id: ID!) { designSession(id: $id) { state } }';
  const look = async (): Promise<boolean> => {
    const { designSession } = await tenant.get<{ designSession: { state: string } | null }>(query, { id });
    return designSession?.state === state;
  };
  return until(`session ${id} is ${state}`, look, DESIGN_LIMIT_MS).then(() => true);
}

/** A subscription to a session's progress. */
export function follow(
  id: string,
  options: { readonly token: string | undefined; readonly after?: number },
): TestSubscription {
  const { graphqlUrl } = sharedPlatform();
  return subscribe(
    { query: PROGRESS, variables: { id, after: options.after ?? 0 } },
    { url: graphqlUrl, ...(options.token !== undefined && { token: options.token }) },
  );
}

/** The events that a subscription has got; an error among them fails the test. */
export function eventsOf(subscription: TestSubscription): ProgressEvent[] {
  return subscription.events.map(({ data, errors }) => {
    if (errors) throw new Error(`an event came with errors: ${JSON.stringify(errors)}`);
    return (data as { designProgress: ProgressEvent }).designProgress;
  });
}

const CREATE_AGENT = `mutation Create($input: CreateAgentInput!) {
  createAgent(input: $input) { agent { id name slug revision } errors { code path message } } }`;

export interface CreatedAgent {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly revision: number;
}

export async function createAgent(tenant: TestTenant, name = 'Claims agent'): Promise<CreatedAgent> {
  const { createAgent: payload } = await tenant.get<{ createAgent: { agent: CreatedAgent } }>(CREATE_AGENT, {
    input: { name, definition: { instructions: 'Handle claims.' } },
  });
  return payload.agent;
}
