import type { Tenant } from '../tenant/tenant.ts';
import type { User } from '../user/user.ts';

/** That an account is a user of a tenant. */
export interface Membership {
  readonly tenant: Tenant;
  readonly user: User;
}
