/** ArchiMate models that a tenant imported. */
import type { ArchimateFormat } from '../read-archimate.ts';
import type { ListedElement, StoredFinding } from '../thread/tasks.ts';

export interface ArchimateImport {
  readonly id: string;
  readonly name: string;
  readonly format: ArchimateFormat;
  readonly formatVersion: string | null;
  readonly tool: string | null;
  readonly elementCount: number;
  readonly relationshipCount: number;
  readonly viewCount: number;
  readonly findings: readonly StoredFinding[];
  readonly findingCount: number;
  readonly createdByUserId: string | null;
  readonly createdAt: Date;
}

export interface NewImport extends ArchimateImport {
  readonly tenantId: string;
  /** As exchange file. */
  readonly exchange: Uint8Array;
  readonly elements: readonly ListedElement[];
}

export interface ArchimateLink {
  readonly importId: string;
  readonly agentId: string;
  readonly element: ListedElement;
  readonly linkedAt: Date;
}

export interface LinkKey {
  readonly tenantId: string;
  readonly modelId: string;
  readonly elementId: string;
  readonly agentId: string;
}
