/** CONTEXT: what the session was given, and what the tenant has already. */
import { z } from 'zod';
import type { Permission } from '@flowgrid/access';
import type { AgentDraft } from '../../adapters/agents-client.ts';
import { OutsideError } from '../../adapters/outside-call.ts';
import { toJson } from '../../json.ts';
import type { AgentDefinition, IntegrationKind } from '../../modules/definition/agent-definition.ts';
import { isJsonObject } from '../../modules/definition/definition-schema.ts';
import { SourceProblem, type CollectedSources } from '../../modules/intake/collect-sources.ts';
import { jobIdFor } from '../../modules/job/job-identity.ts';
import { parseStoredModel } from '../../modules/process-model/stored-model.ts';
import type { KnownAgent } from '../../modules/known-agent/known-agent.ts';
import { count, PhaseFailure, type Phase, type PhaseInput, type PhaseOutcome } from '../phase.ts';

const MAX_DESCRIPTION_LENGTH = 500;

/** Definitions come from the agents subgraph, which has checked them; VALIDATION checks what becomes of them. */
export const definitionSchema = z.custom<AgentDefinition>(isJsonObject);

const agentSchema = z.object({ id: z.string(), name: z.string(), description: z.string() });

export const contextSchema = z.object({
  existingAgents: z.array(agentSchema),
  /** Agents that the session was told to consider. */
  namedAgents: z.array(agentSchema).default([]),
  /** What a file says of the process by itself. */
  givenModel: z
    .unknown()
    .transform((model) => (model === null || model === undefined ? null : parseStoredModel(model))),
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
  const given = await readSources(input);
  const baseRevision = base?.revision ?? null;
  return {
    message: `${describe(others.length, integrationKinds, base)}${given.message}`,
    result: {
      ...given.result,
      existingAgents: others.map(shorten),
      integrationKinds,
      base: base && { definition: base.definition },
    },
    patch: { baseRevision, ...given.patch },
    revisionPatch: { baseRevision },
  };
};

function shorten(agent: KnownAgent): KnownAgent {
  return { ...agent, description: agent.description.slice(0, MAX_DESCRIPTION_LENGTH) };
}

interface GivenSources {
  readonly message: string;
  readonly result: { readonly namedAgents: readonly KnownAgent[]; readonly givenModel: unknown };
  readonly patch: PhaseOutcome['patch'];
}

/** Once for a session: a later revision is a design of the same text, at whose places its process model points. */
async function readSources(input: PhaseInput): Promise<GivenSources> {
  if (input.earlierContext !== null) {
    const { namedAgents, givenModel } = contextSchema.parse(input.earlierContext);
    return { message: '', result: { namedAgents, givenModel }, patch: {} };
  }
  const { sourceText, sources, agents, model } = await collectSources(input);
  const more = sources.length - 1;
  const characters = sourceText.length.toLocaleString('en');
  return {
    message: more === 0 ? '' : ` ${count(more, 'source')} beside the description: ${characters} characters.`,
    result: { namedAgents: agents.map(shorten), givenModel: model },
    patch: { sourceText, sourceRanges: toJson(sources) },
  };
}

async function collectSources(input: PhaseInput): Promise<CollectedSources> {
  const { session, tools, tenantId, signal } = input;
  let token: Promise<string> | null = null;
  const requestOnce = (): Promise<string> =>
    (token ??= requestToken(input, 'integrations', ['integration:read']));
  try {
    return await tools.collectSources({
      tenantId,
      sessionId: session.id,
      description: session.description,
      readItem: async (item) => {
        const options = { token: await requestOnce(), signal };
        return outside('items', () => tools.integrations.readItem(item, options));
      },
    });
  } catch (error) {
    if (!(error instanceof SourceProblem)) throw error;
    const { code, message, isRetryable: retryable } = error;
    throw new PhaseFailure({ code, message, retryable }, { cause: error });
  }
}

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
