import { requirePermission, type Viewer } from '@flowgrid/access';
import { FlowgridError, isId, parsePage, toConnection, type Connection } from '@flowgrid/platform';
import { z } from 'zod';
import type { AuthDatabase } from '../../database.ts';
import { listRoles, type Role } from './role.ts';
import { findUser, listUsers, listUsersByIds } from './user-store.ts';
import type { User } from './user.ts';

const MAX_SEARCH_LENGTH = 200;

const cursorModel = z.object({ name: z.string().regex(/^[^\0]*$/), id: z.uuid() });

export interface UserListArgs {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly search?: string | null | undefined;
}

export class UserService {
  readonly #database: AuthDatabase;

  constructor(database: AuthDatabase) {
    this.#database = database;
  }

  async list(viewer: Viewer, args: UserListArgs): Promise<Connection<User>> {
    const { tenantId } = requirePermission(viewer, 'user:read');
    const page = parsePage(args, cursorModel);
    const search = toSearch(args.search);
    const users = await this.#database.readInTenant(tenantId, (tx) =>
      listUsers(tx, { tenantId, page, search }),
    );
    return toConnection(users, page, ({ name, id }) => ({ name, id }));
  }

  /** Null for an id of nobody, of another tenant, or of another form. */
  async find(viewer: Viewer, id: string): Promise<User | null> {
    const { tenantId } = requirePermission(viewer, 'user:read');
    if (!isId(id)) return null;
    return this.#database.readInTenant(tenantId, (tx) => findUser(tx, tenantId, id));
  }

  /** For references from other services: who may not read users still sees itself. In the order of the ids. */
  async findMany(viewer: Viewer, ids: readonly string[]): Promise<readonly (User | null)[]> {
    if (viewer.kind === 'anonymous') return ids.map(() => null);
    const { tenantId, actor } = viewer;
    const mayRead = viewer.permissions.has('user:read');
    const wanted = ids.filter((id) => isId(id) && (mayRead || id === actor.userId));
    if (wanted.length === 0) return ids.map(() => null);
    const users = await this.#database.readInTenant(tenantId, (tx) => listUsersByIds(tx, tenantId, wanted));
    const byId = new Map(users.map((user) => [user.id, user]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  listRoles(viewer: Viewer): readonly Role[] {
    requirePermission(viewer, 'user:read');
    return listRoles();
  }
}

function toSearch(search: string | null | undefined): string | null {
  const text = search?.trim() ?? '';
  if (text.length > MAX_SEARCH_LENGTH) {
    throw new FlowgridError('BAD_USER_INPUT', `"search" has at most ${MAX_SEARCH_LENGTH} characters.`);
  }
  if (text.includes('\0')) throw new FlowgridError('BAD_USER_INPUT', '"search" contains a NUL character.');
  return text === '' ? null : text;
}
