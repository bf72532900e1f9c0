import type { Permission } from '@flowgrid/access';

/** Whom the GraphQL type Viewer is about: of this request, or of the session that it just started. */
export interface ViewerSubject {
  readonly tenantId: string;
  /** Null for an actor that acts for nobody. */
  readonly userId: string | null;
  readonly permissions: readonly Permission[];
}
