/** CONTEXT: what the tenant has already. */
import { z } from 'zod';
import type { Permission } from '@flowgrid/access';
import type { AgentDraft } from '../../adapters/agents-client.ts';
import { OutsideError } from '../../adapters/outside-call.ts';
import type { AgentDefinition, IntegrationKind } from '../../modules/definition/agent-definition.ts';
import { isJsonObject } from '../../modules/definition/definition-schema.ts';
import { jobIdFor } from '../../modules/job/job-identity.ts';
import { count, PhaseFailure, type Phase, type PhaseInput } from '../phase.ts';

const MAX_DESCRIPTION_LENGTH = 500;

/** Definitions come from the agents subgraph, which has checked them; VALIDATION checks what becomes of them. */
export const definitionSchema = z.custom<AgentDefinition>(isJsonObject);

export const contextSchema = z.object({
  existingAgents: z.array(z.object({ id: z.string(), name: z.string(), description: z.string() })),
  integrationKinds: z.array(z.enum(['GITHUB', 'JIRA', 'SERVICENOW'])),
  base: z.object({ definition: definitionSchema }).nullable(),
});

export const contextPhase: Phase = async (input) => {
  const { session, tools, tenantId } = input;
  // Also where nothing is asked of that service: whoever started this must be allowed to see the tenant's agents.
  const token = await requestToken(input, 'agents', ['agent:read']);
  const agents = await tools.knownAgents.list(tenantId);
  const base = session.isRedesign ? await findBase(input, token) : null;
  const integrationKinds = await listIntegrationKinds(input);
  const others = agents.filter(({ id }) => id !== session.agentId);
  return {
    message: describe(others.length, integrationKinds, base),
    result: {
      existingAgents: others.map((agent) => ({
        ...agent,
        description: agent.description.slice(0, MAX_DESCRIPTION_LENGTH),
      })),
      integrationKinds,
      base: base && { definition: base.definition },
    },
    patch: { baseRevision: base?.revision ?? null },
  };
};

function describe(agents: number, kinds: readonly IntegrationKind[], base: AgentDraft | null): string {
  const others = base === null ? 'of the tenant' : 'beside it';
  const read = base === null ? '' : `Redesigns "${base.name}" at revision ${base.revision}; `;
  const connected = kinds.length === 0 ? 'nothing is connected' : `connected: ${kinds.join(', ')}`;
  return `${read}${count(agents, 'agent')} ${others} read; ${connected}.`;
}

async function findBase({ session, tools, signal }: PhaseInput, token: string): Promise<AgentDraft> {
  const id = session.agentId ?? '';
  const agent = await outside('agents', () => tools.agents.find(id, { token, signal }));
  if (agent) return agent;
  throw new PhaseFailure({
    code: 'AGENT_NOT_FOUND',
    message: 'The agent to redesign does not exist. Start a new design with the id of an agent of yours.',
    retryable: false,
  });
}

/** Who may not see integrations gets a design without them. */
async function listIntegrationKinds(input: PhaseInput): Promise<readonly IntegrationKind[]> {
  let token: string;
  try {
    token = await requestToken(input, 'integrations', ['integration:read']);
  } catch (error) {
    if (error instanceof PhaseFailure && error.code === 'NOT_ALLOWED') return [];
    throw error;
  }
  const { tools, signal } = input;
  return outside('integrations', () => tools.integrations.listKinds({ token, signal }));
}

async function requestToken(
  { session, tools, evidence, signal }: PhaseInput,
  audience: 'agents' | 'integrations',
  permissions: readonly Permission[],
): Promise<string> {
  if (evidence === null) throw notAllowed('Nobody stands for this design any more.');
  const { contextToken, actorId } = evidence;
  const job = { id: jobIdFor(session, actorId), name: session.title };
  return outside('identities', () =>
    tools.grants.request({ contextToken, audience, permissions, job }, signal),
  );
}

/** The problems of outside calls in words for the user. */
async function outside<Result>(what: string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    switch (error.problem) {
      case 'UNREACHABLE':
        throw new PhaseFailure(
          {
            code: 'SERVICE_UNAVAILABLE',
            message: `The ${what} of the tenant cannot be read now. Retry the design shortly.`,
            retryable: true,
          },
          { cause: error },
        );
      case 'REFUSED':
        throw notAllowed(`Whoever started this design may not read ${what} any more.`, error);
      case 'UNEXPECTED':
        throw error;
      default:
        return error.problem satisfies never;
    }
  }
}

function notAllowed(message: string, cause?: unknown): PhaseFailure {
  const hint = `${message} Someone who may can retry it.`;
  return new PhaseFailure({ code: 'NOT_ALLOWED', message: hint, retryable: true }, { cause });
}
