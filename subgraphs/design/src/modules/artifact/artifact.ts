/** Files that a session produced. */

export const ARTIFACT_KINDS = ['BUNDLE', 'PROCESS_MODEL', 'ARCHIMATE'] as const;
export type ArtifactKind = (typeof ARTIFACT_KINDS)[number];

export interface NewArtifact {
  readonly kind: ArtifactKind;
  readonly name: string;
  readonly mediaType: string;
  readonly content: Uint8Array;
}

export interface Artifact {
  readonly tenantId: string;
  readonly id: string;
  readonly sessionId: string;
  /** The design revision that produced it. */
  readonly revision: number;
  readonly kind: ArtifactKind;
  readonly name: string;
  readonly mediaType: string;
  readonly size: number;
  readonly sha256: string;
}

export interface ArtifactFile extends Artifact {
  readonly content: Uint8Array;
}
