/** Compares the model of a session with an imported one. */
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import { isId } from '@flowgrid/platform';
import type { DesignDatabase, Tx } from '../../../database.ts';
import { findArtifactFile } from '../../artifact/artifact-store.ts';
import { findExchange, listLinks } from '../import/import-store.ts';
import { toServiceError } from '../service-error.ts';
import type { ArchimateWorkshop, CompareInput } from '../thread/archimate-workshop.ts';
import type { StoredDelta } from '../thread/tasks.ts';
import type { TenantTurns } from '../thread/tenant-turns.ts';

export interface DeltaServiceOptions {
  readonly database: DesignDatabase;
  readonly workshop: ArchimateWorkshop;
  readonly turns: TenantTurns;
  readonly signal: AbortSignal;
}

export interface DeltaKey {
  readonly importId: string;
  readonly sessionId: string;
}

export type ArchimateDelta = StoredDelta & DeltaKey;

export type DeltaService = ReturnType<typeof createDeltaService>;

export function createDeltaService({ database, workshop, turns, signal }: DeltaServiceOptions) {
  return {
    find: async (
      request: ServiceRequest,
      { importId, sessionId }: DeltaKey,
    ): Promise<ArchimateDelta | null> => {
      const { tenantId } = requirePermission(request.viewer, 'design:read');
      if (!isId(importId) || !isId(sessionId)) return null;
      const key = { importId: importId.toLowerCase(), sessionId: sessionId.toLowerCase() };
      try {
        return await turns.run(tenantId, async () => {
          const input = await database.readInTenant(tenantId, (tx) => loadModels(tx, tenantId, key));
          return input && { ...key, ...(await workshop.compare(input, signal)) };
        });
      } catch (error) {
        throw toServiceError(error);
      }
    },
  };
}

async function loadModels(tx: Tx, tenantId: string, key: DeltaKey): Promise<CompareInput | null> {
  const { importId, sessionId } = key;
  const imported = await findExchange(tx, tenantId, importId);
  const drawn = await findArtifactFile(tx, tenantId, { sessionId, kind: 'ARCHIMATE' });
  if (imported === null || drawn === null) return null;
  const agents = await tx.designedAgent.findMany({
    where: { tenantId, sessionId },
    select: { key: true, agentId: true },
  });
  const links = await listLinks(tx, tenantId, { modelId: { in: [importId] } });
  return {
    imported,
    drawn: drawn.content,
    links: links.flatMap(({ agentId, element }) => {
      const agent = agents.find((one) => one.agentId === agentId);
      return agent === undefined ? [] : [{ elementId: element.id, agentKey: agent.key }];
    }),
  };
}
