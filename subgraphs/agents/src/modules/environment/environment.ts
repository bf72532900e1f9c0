import type { Actor } from '@flowgrid/access';

/** The environment whose version is the published one. */
export const PRODUCTION = 'prod';

/** Which version of an agent an environment runs. */
export interface AgentEnvironment {
  readonly agentId: string;
  readonly name: string;
  readonly number: number;
  readonly publishedAt: Date;
  readonly publishedBy: Actor;
}
