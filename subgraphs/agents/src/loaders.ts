/** One batch per kind of row and request: however many agents a page has, each kind is read once. */
import DataLoader from 'dataloader';
import type { ServiceRequest } from '@flowgrid/access';
import { notFound } from '@flowgrid/platform';
import type { Agent } from './modules/agent/agent.ts';
import type { AgentDefinition } from './modules/definition/agent-definition.ts';
import type { AgentEnvironment } from './modules/environment/environment.ts';
import type { Services } from './services.ts';
import type { AgentVersion, VersionKey } from './modules/version/agent-version.ts';

const MAX_BATCH = 500;

export interface Loaders {
  readonly agent: DataLoader<string, Agent | null>;
  readonly version: DataLoader<string, AgentVersion | null>;
  readonly versionByKey: DataLoader<VersionKey, AgentVersion | null, string>;
  /** By the version's id; the version exists. */
  readonly definition: DataLoader<string, AgentDefinition>;
  readonly environments: DataLoader<Agent, readonly AgentEnvironment[], string>;
}

export function createLoaders(services: Services, request: ServiceRequest): Loaders {
  const { agents, versions, environments } = services;
  return {
    agent: byId((ids) => agents.listByIds(request, ids)),
    version: byId((ids) => versions.listByIds(request, ids)),
    versionByKey: new DataLoader(
      async (keys: readonly VersionKey[]) => {
        const found = new Map((await versions.listByKeys(request, keys)).map((row) => [textOf(row), row]));
        return keys.map((key) => found.get(textOf(key)) ?? null);
      },
      { cacheKeyFn: textOf, maxBatchSize: MAX_BATCH },
    ),
    definition: new DataLoader<string, AgentDefinition>(
      async (versionIds: readonly string[]) => {
        const found = await versions.listDefinitions(request, versionIds);
        return versionIds.map((id): AgentDefinition | Error => found.get(id) ?? notFound('Agent'));
      },
      { maxBatchSize: MAX_BATCH },
    ),
    environments: new DataLoader(
      async (batch: readonly Agent[]) => {
        const ids = batch.map(({ id }) => id);
        const found = Map.groupBy(await environments.listByAgents(request, ids), ({ agentId }) => agentId);
        return ids.map((id) => found.get(id) ?? []);
      },
      // A later mutation of the same request raises the revision, and with it what is true.
      { cacheKeyFn: ({ id, revision }) => `${id} ${revision}`, maxBatchSize: MAX_BATCH },
    ),
  };
}

function byId<Row extends { readonly id: string }>(
  list: (ids: readonly string[]) => Promise<readonly Row[]>,
): DataLoader<string, Row | null> {
  return new DataLoader(
    async (ids) => {
      const found = new Map((await list(ids)).map((row) => [row.id, row]));
      return ids.map((id) => found.get(id) ?? null);
    },
    // The database writes ids in lower case.
    { cacheKeyFn: (id) => id.toLowerCase(), maxBatchSize: MAX_BATCH },
  );
}

function textOf({ agentId, number }: VersionKey): string {
  return `${agentId} ${number}`;
}
