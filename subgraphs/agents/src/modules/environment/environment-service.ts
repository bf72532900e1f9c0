/** Publishing: which version an environment runs. */
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import { invalidInput, parseInput, type Clock } from '@flowgrid/platform';
import { z } from 'zod';
import type { AgentsDatabase } from '../../database.ts';
import type { Agent } from '../agent/agent.ts';
import { getUnarchivedForChange } from '../agent/get-for-change.ts';
import { writeChange } from '../agent/write-change.ts';
import { formatted } from '../input/formatted.ts';
import { requireNumber } from '../version/agent-version.ts';
import { listEnvironments, putEnvironment } from './environment-store.ts';
import { PRODUCTION, type AgentEnvironment } from './environment.ts';

const MAX_ENVIRONMENTS = 20;

const publishSchema = z.object({
  id: z.string(),
  version: z.int().nullish(),
  environment: formatted({
    pattern: /^[a-z][a-z0-9-]*$/,
    maxLength: 32,
    message: 'must be a lower-case letter, then lower-case letters, digits and hyphens',
  })
    .nullish()
    .transform((name) => name ?? PRODUCTION),
});

export class EnvironmentService {
  readonly #database: AgentsDatabase;
  readonly #clock: Clock;

  constructor({ database, clock }: { readonly database: AgentsDatabase; readonly clock: Clock }) {
    this.#database = database;
    this.#clock = clock;
  }

  /** The environments of the agents, by name. */
  async listByAgents(
    request: ServiceRequest,
    agentIds: readonly string[],
  ): Promise<readonly AgentEnvironment[]> {
    const { tenantId } = requirePermission(request.viewer, 'agent:read');
    return this.#database.readInTenant(tenantId, (tx) => listEnvironments(tx, tenantId, agentIds));
  }

  /** Lets an environment run a version. Nothing is written when it does so already. */
  async publish(request: ServiceRequest, input: unknown): Promise<Agent> {
    const viewer = requirePermission(request.viewer, 'agent:publish');
    const { tenantId } = viewer;
    const { id, version, environment: name } = parseInput(publishSchema, input);
    return this.#database.inTenant(tenantId, async (tx) => {
      const agent = await getUnarchivedForChange(tx, tenantId, id);
      const number = version ?? agent.latestNumber;
      requireNumber(agent, number, ['version']);
      const environments = await listEnvironments(tx, tenantId, [agent.id]);
      const current = environments.find((environment) => environment.name === name);
      if (current?.number === number) return agent;
      if (current === undefined && environments.length >= MAX_ENVIRONMENTS) throw tooManyEnvironments();
      return writeChange(tx, {
        agent,
        record: name === PRODUCTION ? { status: 'PUBLISHED' } : {},
        type: 'agent.published',
        toData: (published) => ({ agent: published, environment: name, version: number }),
        store: ({ updatedAt }) => {
          const publication = { publishedAt: updatedAt, publishedBy: viewer.actor };
          return putEnvironment(tx, tenantId, { agentId: agent.id, name, number, ...publication });
        },
        facts: { environment: name, version: number },
        by: { viewer, requestId: request.requestId, clock: this.#clock },
      });
    });
  }
}

function tooManyEnvironments(): Error {
  return invalidInput('INVALID', `An agent has at most ${MAX_ENVIRONMENTS} environments.`, ['environment']);
}
