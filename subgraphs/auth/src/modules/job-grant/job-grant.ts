import type { Permission } from '@flowgrid/access';

/** What acts for a user after the request is over. */
export interface Job {
  readonly kind: 'DESIGN_JOB';
  readonly id: string;
  readonly name: string;
}

/** That a job acts for a user at one subgraph. */
export interface JobGrant {
  readonly tenantId: string;
  readonly jobKind: Job['kind'];
  readonly jobId: string;
  readonly audience: string;
  readonly userId: string;
  readonly permissions: readonly Permission[];
  readonly createdAt: Date;
}
