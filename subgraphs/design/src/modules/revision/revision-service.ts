/** Reads the history of sessions: design revisions, process models, agents that came of them. */
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import { isId } from '@flowgrid/platform';
import type { DesignDatabase, Tx } from '../../database.ts';
import { findDesignedAgents, type DesignedAgent } from '../acceptance/designed-agent-store.ts';
import { findUseOfSessions, type Use } from '../ai-usage/ai-call-store.ts';
import {
  findModelRevisions,
  findProcessModels,
  listModelRevisions,
  type ModelKey,
  type ProcessModelRevision,
} from '../process-model/process-model-store.ts';
import type { ProcessModel } from '../process-model/process-model.ts';
import { findNewestRevisions, listRevisions } from './revision-store.ts';
import type { DesignRevision } from './revision.ts';

type BySession<Value> = Promise<ReadonlyMap<string, Value>>;
type Reading<Value> = (request: ServiceRequest, sessionIds: readonly string[]) => BySession<Value>;

export interface RevisionService {
  readonly list: Reading<readonly DesignRevision[]>;
  readonly findNewest: Reading<DesignRevision>;
  /** The newest of each session that has a proposal. */
  readonly findProposed: Reading<DesignRevision>;
  readonly findProcessModels: Reading<ProcessModel>;
  readonly listModelRevisions: Reading<readonly ProcessModelRevision[]>;
  findModels(request: ServiceRequest, keys: readonly ModelKey[]): Promise<readonly (ProcessModel | null)[]>;
  /** What each session used of AI models so far. */
  readonly findUses: Reading<Use>;
  /** Also those that are only reserved. */
  readonly findDesignedAgents: Reading<readonly DesignedAgent[]>;
}

export function createRevisionService({ database }: { readonly database: DesignDatabase }): RevisionService {
  const reading =
    <Value>(
      read: (tx: Tx, tenantId: string, sessionIds: readonly string[]) => BySession<Value>,
    ): Reading<Value> =>
    async (request, sessionIds) => {
      const { tenantId } = requirePermission(request.viewer, 'design:read');
      return database.readInTenant(tenantId, (tx) => read(tx, tenantId, sessionIds.filter(isId)));
    };
  return {
    list: reading(listRevisions),
    findNewest: reading((tx, tenantId, sessionIds) =>
      findNewestRevisions(tx, tenantId, { sessionIds, hasProposal: false }),
    ),
    findProposed: reading((tx, tenantId, sessionIds) =>
      findNewestRevisions(tx, tenantId, { sessionIds, hasProposal: true }),
    ),
    findProcessModels: reading(findProcessModels),
    listModelRevisions: reading(listModelRevisions),
    findModels: async (request, keys) => {
      const { tenantId } = requirePermission(request.viewer, 'design:read');
      return database.readInTenant(tenantId, (tx) => findModelRevisions(tx, tenantId, keys));
    },
    findUses: reading(findUseOfSessions),
    findDesignedAgents: reading(findDesignedAgents),
  };
}
