import type { Viewer } from '@flowgrid/access';

/** Who asks, and in which request. */
export interface ServiceRequest {
  readonly viewer: Viewer;
  readonly requestId: string;
}

/** An agent of which only the id is known here. */
export interface AgentReference {
  readonly id: string;
}
