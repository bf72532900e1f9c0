/** Makes the designed agent through the agents subgraph, exactly once. */
import { z } from 'zod';
import { requirePermission, type ServiceRequest, type TenantViewer } from '@flowgrid/access';
import {
  FlowgridError,
  InvalidInput,
  isId,
  notFound,
  parseInput,
  type Clock,
  type UserError,
} from '@flowgrid/platform';
import type { AgentWritten, AgentsClient } from '../../adapters/agents-client.ts';
import type { Grants } from '../../adapters/grants.ts';
import { OutsideError } from '../../adapters/outside-call.ts';
import type { DesignDatabase } from '../../database.ts';
import { jobIdFor } from '../job/job-identity.ts';
import { recordChange } from '../session/record-change.ts';
import type { DesignSession } from '../session/session.ts';
import { freeName, markAccepted, reserveAgent, type AcceptanceTarget } from './acceptance-store.ts';
import { isSameDefinition } from './same-definition.ts';

export interface AcceptanceServiceOptions {
  readonly database: DesignDatabase;
  readonly agents: AgentsClient;
  readonly grants: Grants;
  readonly clock: Clock;
  /** Gives calls up at the end of the process. */
  readonly signal: AbortSignal;
}

const MAX_NAME_LENGTH = 200;

const inputSchema = z.object({
  sessionId: z.string(),
  name: z.string().trim().min(1, 'The name is empty.').max(MAX_NAME_LENGTH).nullish(),
  slug: z.string().trim().min(1, 'The slug is empty.').max(MAX_NAME_LENGTH).nullish(),
});

export interface Accepted {
  readonly session: DesignSession;
  readonly agent: { readonly id: string };
}

export type AcceptanceService = ReturnType<typeof createAcceptanceService>;

export function createAcceptanceService(options: AcceptanceServiceOptions) {
  return {
    /**
     * @throws InvalidInput with what the agents subgraph says about name and slug, or `STALE_REVISION` when the agent was
     * changed since its redesign began; `CONFLICT` for a session that has not succeeded.
     */
    accept: async (request: ServiceRequest, rawInput: z.input<typeof inputSchema>): Promise<Accepted> => {
      requirePermission(request.viewer, 'design:run');
      const viewer = requirePermission(request.viewer, 'agent:write');
      const input = parseInput(inputSchema, rawInput);
      if (!isId(input.sessionId)) throw notFound('Design session');
      return accept(options, { ...request, viewer }, input);
    },
  };
}

interface Acceptance extends ServiceRequest {
  readonly viewer: TenantViewer;
}

async function accept(
  options: AcceptanceServiceOptions,
  request: Acceptance,
  input: z.output<typeof inputSchema>,
): Promise<Accepted> {
  const { database } = options;
  const { tenantId } = request.viewer;
  const wanted = { name: input.name ?? null, slug: input.slug ?? null };
  // Stored before anything is made elsewhere: whoever comes after a crash, or at the same time, makes the same agent.
  const target = await database.inTenant(tenantId, (tx) =>
    reserveAgent(tx, { tenantId, sessionId: input.sessionId, wanted, now: options.clock.now() }),
  );
  if (target.kind === 'ACCEPTED') return { session: target.session, agent: { id: target.agentId } };
  const written = await writeAgent(options, request, target);
  if (written.errors.length === 0) return finish(options, request, target);
  if (target.kind === 'REDESIGN') throw new InvalidInput(inPayload(written.errors));
  // The agents subgraph made nothing: another name may be tried. The id stays, so that there is never a second agent.
  await database.inTenant(tenantId, (tx) => freeName(tx, tenantId, target));
  const isOwnName = input.name == null || input.name === target.name;
  const isOwnSlug = (input.slug ?? null) === target.slug;
  if (!isOwnName || !isOwnSlug) return accept(options, request, input);
  throw new InvalidInput(inPayload(written.errors));
}

/** Paths of the agents subgraph name the same fields here; what is not in this input concerns the session. */
function inPayload(errors: readonly UserError[]): readonly UserError[] {
  return errors.map((error) => {
    const [field] = error.path;
    return field === 'name' || field === 'slug' ? error : { ...error, path: ['sessionId'] };
  });
}

async function writeAgent(
  { agents, grants, signal }: AcceptanceServiceOptions,
  { viewer }: Acceptance,
  target: Exclude<AcceptanceTarget, { kind: 'ACCEPTED' }>,
): Promise<AgentWritten> {
  const { session, agentId: id, definition } = target;
  const note = `Designed in the session "${session.title}".`;
  try {
    const token = await grants.request(
      {
        contextToken: viewer.contextToken,
        audience: 'agents',
        permissions: ['agent:read', 'agent:write'],
        job: { id: jobIdFor(session, viewer.actor.id), name: session.title },
      },
      signal,
    );
    const call = { token, signal };
    if (target.kind === 'NEW') {
      const { name, slug } = target;
      const description = session.proposal?.summary ?? '';
      return await agents.create({ id, name, slug, description, definition, note }, call);
    }
    const { expectedRevision } = target;
    const written = await agents.update({ id, expectedRevision, definition, note }, call);
    const isDone =
      written.errors.some(({ code }) => code === 'STALE_REVISION') &&
      written.agent !== null &&
      isSameDefinition(written.agent.definition, definition);
    // An earlier call wrote it and was cut off before it could be marked.
    return isDone ? { ...written, errors: [] } : written;
  } catch (error) {
    throw toRefusal(error);
  }
}

function toRefusal(error: unknown): unknown {
  if (!(error instanceof OutsideError)) return error;
  switch (error.problem) {
    case 'REFUSED':
      return new FlowgridError('FORBIDDEN', 'You may not write agents any more.', { cause: error });
    case 'UNREACHABLE':
      return new FlowgridError(
        'SERVICE_UNAVAILABLE',
        'Agents cannot be reached now. Accept the design again shortly; nothing is done twice.',
        { cause: error },
      );
    case 'UNEXPECTED':
      return toRefusalByAgents(error);
    default:
      return error.problem satisfies never;
  }
}

/** The agent under redesign was deleted or archived meanwhile. */
function toRefusalByAgents(error: OutsideError): unknown {
  if (error.cause === 'NOT_FOUND') return notFound('Agent');
  if (error.cause !== 'CONFLICT') return error;
  const message = 'The agent refuses changes now. Take it back from the archive and accept again.';
  return new FlowgridError('CONFLICT', message, { cause: error });
}

async function finish(
  { database, clock }: AcceptanceServiceOptions,
  request: Acceptance,
  target: Exclude<AcceptanceTarget, { kind: 'ACCEPTED' }>,
): Promise<Accepted> {
  const { viewer } = request;
  const { agentId } = target;
  const session = await database.inTenant(viewer.tenantId, async (tx) => {
    const marked = await markAccepted(tx, viewer.tenantId, { ...target, now: clock.now() });
    if (marked.isFirst) {
      const by = { viewer, requestId: request.requestId, clock };
      await recordChange(tx, by, {
        type: 'design_session.accepted',
        session: marked.session,
        changes: { agentId },
        toData: (session) => ({ session, agentId }),
      });
    }
    return marked.session;
  });
  return { session, agent: { id: agentId } };
}
