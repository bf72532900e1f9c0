/** Reads the files of sessions. */
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import { isId } from '@flowgrid/platform';
import type { DesignDatabase } from '../../database.ts';
import type { Artifact, ArtifactFile } from './artifact.ts';
import { findArtifactFile, listArtifacts } from './artifact-store.ts';

export type ArtifactService = ReturnType<typeof createArtifactService>;

export function createArtifactService({ database }: { readonly database: DesignDatabase }) {
  return {
    listMany: async (
      request: ServiceRequest,
      sessionIds: readonly string[],
    ): Promise<ReadonlyMap<string, readonly Artifact[]>> => {
      const { tenantId } = requirePermission(request.viewer, 'design:read');
      return database.readInTenant(tenantId, (tx) => listArtifacts(tx, tenantId, sessionIds));
    },
    findArchimate: async (request: ServiceRequest, sessionId: string): Promise<ArtifactFile | null> => {
      const { tenantId } = requirePermission(request.viewer, 'design:read');
      if (!isId(sessionId)) return null;
      const key = { sessionId, kind: 'ARCHIMATE' } as const;
      return database.readInTenant(tenantId, (tx) => findArtifactFile(tx, tenantId, key));
    },
  };
}
