/** What a viewer may know of itself, whatever its permissions. */
import type { Viewer } from '@flowgrid/access';
import { invariant } from '@flowgrid/platform';
import type { AuthDatabase } from '../../database.ts';
import { findTenant } from '../tenant/tenant-store.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { findActiveUser, findUser, locateActiveUsers } from '../user/user-store.ts';
import type { User } from '../user/user.ts';
import type { Membership } from './membership.ts';
import type { ViewerSubject } from './viewer.ts';

export class ViewerService {
  readonly #database: AuthDatabase;

  constructor(database: AuthDatabase) {
    this.#database = database;
  }

  /** Null without sign-in. */
  toSubject(viewer: Viewer): ViewerSubject | null {
    if (viewer.kind === 'anonymous') return null;
    return { tenantId: viewer.tenantId, userId: viewer.actor.userId, permissions: [...viewer.permissions] };
  }

  async findUser({ tenantId, userId }: ViewerSubject): Promise<User | null> {
    if (userId === null) return null;
    return this.#database.readInTenant(tenantId, (tx) => findUser(tx, tenantId, userId));
  }

  async getTenant(tenantId: string): Promise<Tenant> {
    const tenant = await this.#database.readInTenant(tenantId, (tx) => findTenant(tx, tenantId));
    invariant(tenant, 'a viewer has a tenant');
    return tenant;
  }

  /** By name of the tenant. Each is read in its own tenant, as the user that the account is there. */
  async listMemberships(subject: ViewerSubject): Promise<readonly Membership[]> {
    const self = await this.findUser(subject);
    if (!self) return [];
    const places = await this.#database.withoutTenant((client) => locateActiveUsers(client, self.accountId));
    const memberships = await Promise.all(
      places.map(({ tenantId, id }) =>
        this.#database.readInTenant(tenantId, async (tx) => {
          const [tenant, user] = await Promise.all([
            findTenant(tx, tenantId),
            findActiveUser(tx, tenantId, id),
          ]);
          return tenant && user ? [{ tenant, user }] : [];
        }),
      ),
    );
    return memberships.flat().toSorted((one, other) => (one.tenant.name < other.tenant.name ? -1 : 1));
  }
}
