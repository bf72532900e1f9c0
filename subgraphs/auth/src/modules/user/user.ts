export type UserStatus = 'ACTIVE' | 'INVITED' | 'DEACTIVATED';

/** An account as a member of one tenant. */
export interface User {
  readonly tenantId: string;
  readonly id: string;
  readonly accountId: string;
  readonly email: string;
  readonly name: string;
  readonly status: UserStatus;
  /** Names of the user's roles. */
  readonly roleNames: readonly string[];
  readonly createdAt: Date;
  readonly lastSeenAt: Date | null;
}
