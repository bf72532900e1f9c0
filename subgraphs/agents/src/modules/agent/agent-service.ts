/** What can be asked of agents and done with their records. */
import { requirePermission, type Permission, type ServiceRequest } from '@flowgrid/access';
import { FlowgridError, parseInput, toConnection, type Clock, type Connection } from '@flowgrid/platform';
import type { AgentsDatabase, Tx } from '../../database.ts';
import type { AgentDefinition } from '../definition/agent-definition.ts';
import { takeSnapshot } from '../definition/snapshot.ts';
import { findPublishedNumber } from '../environment/environment-store.ts';
import { createAgentSchema, updateAgentSchema } from './agent-input.ts';
import { countAgents, cursorOf, listAgents, parseAgentList, type AgentFilter } from './agent-list.ts';
import { findAgent, findAgentBySlug, listAgentsByIds } from './agent-store.ts';
import type { Agent } from './agent.ts';
import { createAgent } from './create-agent.ts';
import { deleteAgent } from './delete-agent.ts';
import { getForChange } from './get-for-change.ts';
import type { ChangeBy } from './record-change.ts';
import { SLUG } from './slug.ts';
import { updateAgent } from './update-agent.ts';
import { writeChange } from './write-change.ts';

export interface AgentServiceDependencies {
  readonly database: AgentsDatabase;
  readonly clock: Clock;
  /** The definition of an agent that is created without one. */
  readonly defaultDefinition: AgentDefinition;
}

/** A page that can also say how many agents its filter matches. */
export interface AgentPage extends Connection<Agent> {
  readonly filter: AgentFilter;
}

export class AgentService {
  readonly #dependencies: AgentServiceDependencies;

  constructor(dependencies: AgentServiceDependencies) {
    this.#dependencies = dependencies;
  }

  /** @throws FlowgridError `BAD_USER_INPUT` unless exactly one of id and slug is given. */
  async find(
    request: ServiceRequest,
    { id, slug }: { id?: string | null | undefined; slug?: string | null | undefined },
  ): Promise<Agent | null> {
    if ((id == null) === (slug == null)) {
      throw new FlowgridError('BAD_USER_INPUT', 'Give exactly one of "id" and "slug".');
    }
    return this.#read(request, async (tx, tenantId) => {
      if (id != null) return findAgent(tx, tenantId, id);
      return slug != null && SLUG.test(slug) ? findAgentBySlug(tx, tenantId, slug) : null;
    });
  }

  async list(request: ServiceRequest, args: Parameters<typeof parseAgentList>[0]): Promise<AgentPage> {
    return this.#read(request, async (tx, tenantId) => {
      const list = parseAgentList(args);
      const agents = await listAgents(tx, tenantId, list);
      return {
        ...toConnection(agents, list.page, (agent) => cursorOf(agent, list.order)),
        filter: list.filter,
      };
    });
  }

  async count(request: ServiceRequest, filter: AgentFilter): Promise<number> {
    return this.#read(request, (tx, tenantId) => countAgents(tx, tenantId, filter));
  }

  async listByIds(request: ServiceRequest, ids: readonly string[]): Promise<readonly Agent[]> {
    return this.#read(request, (tx, tenantId) => listAgentsByIds(tx, tenantId, ids));
  }

  async create(request: ServiceRequest, input: unknown): Promise<Agent> {
    const by = this.#by(request, 'agent:write');
    const parsed = parseInput(createAgentSchema, input);
    const snapshot = takeSnapshot(this.#dependencies.defaultDefinition, parsed.definition);
    return this.#write(by, (tx) => createAgent(tx, { input: parsed, snapshot, by }));
  }

  async update(request: ServiceRequest, input: unknown): Promise<Agent> {
    const by = this.#by(request, 'agent:write');
    const parsed = parseInput(updateAgentSchema, input);
    return this.#write(by, (tx) => updateAgent(tx, parsed, by));
  }

  /** An agent that is archived already stays as it is. */
  async archive(request: ServiceRequest, id: string): Promise<Agent> {
    const by = this.#by(request, 'agent:write');
    return this.#write(by, async (tx) => {
      const agent = await getForChange(tx, by.viewer.tenantId, id);
      if (agent.status === 'ARCHIVED') return agent;
      const record = { status: 'ARCHIVED' } as const;
      return writeChange(tx, { agent, record, type: 'agent.archived', toData: (agent) => ({ agent }), by });
    });
  }

  /** Gives back the status that the agent had before; one that is not archived stays as it is. */
  async unarchive(request: ServiceRequest, id: string): Promise<Agent> {
    const by = this.#by(request, 'agent:write');
    return this.#write(by, async (tx) => {
      const { tenantId } = by.viewer;
      const agent = await getForChange(tx, tenantId, id);
      if (agent.status !== 'ARCHIVED') return agent;
      const publishedNumber = await findPublishedNumber(tx, tenantId, agent.id);
      const record = { status: publishedNumber === null ? 'DRAFT' : 'PUBLISHED' } as const;
      return writeChange(tx, { agent, record, type: 'agent.unarchived', toData: (agent) => ({ agent }), by });
    });
  }

  /** Gives the id of the agent that was. */
  async delete(request: ServiceRequest, id: string): Promise<string> {
    const by = this.#by(request, 'agent:write');
    return this.#write(by, (tx) => deleteAgent(tx, id, by));
  }

  #by(request: ServiceRequest, permission: Permission): ChangeBy {
    const viewer = requirePermission(request.viewer, permission);
    return { viewer, requestId: request.requestId, clock: this.#dependencies.clock };
  }

  async #write<Result>(by: ChangeBy, work: (tx: Tx) => Promise<Result>): Promise<Result> {
    return this.#dependencies.database.inTenant(by.viewer.tenantId, work);
  }

  async #read<Result>(
    request: ServiceRequest,
    work: (tx: Tx, tenantId: string) => Promise<Result>,
  ): Promise<Result> {
    const { tenantId } = requirePermission(request.viewer, 'agent:read');
    return this.#dependencies.database.readInTenant(tenantId, (tx) => work(tx, tenantId));
  }
}
