/** Says which agent has which integrations. */
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import { invalidInput, isId, notFound, type Clock } from '@flowgrid/platform';
import type { IntegrationsDatabase, Tx } from '../../database.ts';
import { findIntegrationForUpdate } from '../integration/integration-store.ts';
import type { Integration } from '../integration/integration.ts';
import { recordChange } from '../integration/record-change.ts';
import * as store from './agent-link-store.ts';
import type { AgentReference } from './agent-link.ts';

export interface AgentLinkServiceOptions {
  readonly database: IntegrationsDatabase;
  readonly clock: Clock;
}

export interface AgentLinkInput {
  readonly agentId: string;
  readonly integrationId: string;
}

export interface Linked {
  readonly agent: AgentReference;
  readonly integration: Integration;
}

export class AgentLinkService {
  readonly #options: AgentLinkServiceOptions;

  constructor(options: AgentLinkServiceOptions) {
    this.#options = options;
  }

  /** The integrations of each agent, in the order of the ids. */
  async listByAgents(
    request: ServiceRequest,
    agentIds: readonly string[],
  ): Promise<readonly (readonly Integration[])[]> {
    const { tenantId } = requirePermission(request.viewer, 'integration:read');
    const valid = agentIds.filter(isId);
    if (valid.length === 0) return agentIds.map(() => []);
    const linked = await this.#options.database.readInTenant(tenantId, (tx) =>
      store.listLinked(tx, tenantId, valid),
    );
    const byAgent = Map.groupBy(linked, ({ agentId }) => agentId);
    return agentIds.map((id) => (byAgent.get(id.toLowerCase()) ?? []).map(({ integration }) => integration));
  }

  /**
   * Links by id alone. Whether the agent exists is not asked: agents belong to another service, and a context token for
   * this one is no use there. A link to an unknown id is harmless: it shows nothing of any agent, lies within the
   * caller's tenant, and `Agent.integrations` is only ever reached through an agent that agents resolves.
   */
  async link(request: ServiceRequest, input: AgentLinkInput): Promise<Linked> {
    return this.#change(request, input, 'integration.linked', (tx, link) =>
      store.insertLink(tx, link, this.#options.clock.now()),
    );
  }

  async unlink(request: ServiceRequest, input: AgentLinkInput): Promise<Linked> {
    return this.#change(request, input, 'integration.unlinked', store.deleteLink);
  }

  async #change(
    request: ServiceRequest,
    input: AgentLinkInput,
    type: 'integration.linked' | 'integration.unlinked',
    apply: (tx: Tx, link: store.AgentLink) => Promise<boolean>,
  ): Promise<Linked> {
    const viewer = requirePermission(request.viewer, 'integration:manage');
    const { tenantId } = viewer;
    if (!isId(input.agentId)) throw invalidInput('INVALID', 'An agent id is a UUID.', ['agentId']);
    if (!isId(input.integrationId)) throw notFound('Integration');
    const agentId = input.agentId.toLowerCase();
    return this.#options.database.inTenant(tenantId, async (tx) => {
      const integration = await findIntegrationForUpdate(tx, tenantId, input.integrationId);
      if (!integration) throw notFound('Integration');
      const isChanged = await apply(tx, { tenantId, agentId, integrationId: integration.id });
      if (isChanged) {
        const by = { viewer, requestId: request.requestId, clock: this.#options.clock };
        await recordChange(tx, by, {
          type,
          integration,
          changes: { agentId },
          toData: (snapshot) => ({ integration: snapshot, agentId }),
        });
      }
      return { agent: { id: agentId }, integration };
    });
  }
}
