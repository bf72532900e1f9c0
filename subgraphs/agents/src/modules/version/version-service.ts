/** What can be asked of versions, and the way back to an earlier one. */
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import { parseInput, type Clock } from '@flowgrid/platform';
import { z } from 'zod';
import type { AgentsDatabase, Tx } from '../../database.ts';
import { noteSchema } from '../agent/agent-input.ts';
import type { Agent } from '../agent/agent.ts';
import { getUnarchivedForChange } from '../agent/get-for-change.ts';
import { writeVersion } from '../agent/write-change.ts';
import type { AgentDefinition } from '../definition/agent-definition.ts';
import { requireNumber, type AgentVersion, type VersionKey } from './agent-version.ts';
import { getSnapshot, listDefinitions, listVersions, listVersionsByIds } from './version-store.ts';

const restoreSchema = z.object({ id: z.string(), number: z.int(), note: noteSchema });

export class VersionService {
  readonly #database: AgentsDatabase;
  readonly #clock: Clock;

  constructor({ database, clock }: { readonly database: AgentsDatabase; readonly clock: Clock }) {
    this.#database = database;
    this.#clock = clock;
  }

  async listByKeys(request: ServiceRequest, keys: readonly VersionKey[]): Promise<readonly AgentVersion[]> {
    return this.#read(request, (tx, tenantId) => listVersions(tx, tenantId, keys));
  }

  async listByIds(request: ServiceRequest, ids: readonly string[]): Promise<readonly AgentVersion[]> {
    return this.#read(request, (tx, tenantId) => listVersionsByIds(tx, tenantId, ids));
  }

  /** Definitions by the id of their version. */
  async listDefinitions(
    request: ServiceRequest,
    versionIds: readonly string[],
  ): Promise<ReadonlyMap<string, AgentDefinition>> {
    return this.#read(request, (tx, tenantId) => listDefinitions(tx, tenantId, versionIds));
  }

  /** Copies a version forward as the next one. Makes none when the latest has the same definition. */
  async restore(request: ServiceRequest, input: unknown): Promise<Agent> {
    const viewer = requirePermission(request.viewer, 'agent:write');
    const { tenantId } = viewer;
    const { id, number, note } = parseInput(restoreSchema, input);
    return this.#database.inTenant(tenantId, async (tx) => {
      const agent = await getUnarchivedForChange(tx, tenantId, id);
      requireNumber(agent, number, ['number']);
      const snapshot = await getSnapshot(tx, tenantId, { agentId: agent.id, number });
      const latest = await getSnapshot(tx, tenantId, { agentId: agent.id, number: agent.latestNumber });
      if (snapshot.digest === latest.digest) return agent;
      return writeVersion(tx, {
        agent,
        record: {},
        snapshot,
        note,
        restoredFrom: number,
        type: 'agent.restored',
        toData: (restored) => ({
          agent: restored,
          restoredFrom: number,
          newVersion: agent.latestNumber + 1,
        }),
        facts: { restoredFrom: number },
        by: { viewer, requestId: request.requestId, clock: this.#clock },
      });
    });
  }

  async #read<Result>(
    request: ServiceRequest,
    work: (tx: Tx, tenantId: string) => Promise<Result>,
  ): Promise<Result> {
    const { tenantId } = requirePermission(request.viewer, 'agent:read');
    return this.#database.readInTenant(tenantId, (tx) => work(tx, tenantId));
  }
}
