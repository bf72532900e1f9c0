/** Who asks, as a subgraph knows it from the context token. */
import { FlowgridError } from '@flowgrid/platform';
import type { Permission } from './permissions.ts';

export type ActorKind = 'USER' | 'SERVICE_ACCOUNT' | 'DESIGN_JOB' | 'SYSTEM';

/** Who or what acts. Its name is stored with what it writes, so that history reads well after the actor is gone. */
export interface Actor {
  readonly kind: ActorKind;
  readonly id: string;
  readonly name: string;
  /** The user on whose behalf it acts; a user's own id; null for the system. */
  readonly userId: string | null;
}

/** A caller without sign-in: may use what needs none. */
export interface AnonymousViewer {
  readonly kind: 'anonymous';
}

/** A caller who acts in one tenant. */
export interface TenantViewer {
  readonly kind: 'tenant';
  readonly tenantId: string;
  readonly actor: Actor;
  readonly permissions: ReadonlySet<Permission>;
  /** The sign-in session; null for jobs and service accounts. */
  readonly sessionId: string | null;
  /** The context token itself: evidence that this actor asked, for a job that goes on after the request. */
  readonly contextToken: string;
}

export type Viewer = AnonymousViewer | TenantViewer;

/** Who asks, and under which id the log finds the request: the first argument of what a service offers. */
export interface ServiceRequest {
  readonly viewer: Viewer;
  readonly requestId: string;
}

/**
 * The viewer as one of a tenant.
 * @throws FlowgridError `UNAUTHENTICATED` for an anonymous one.
 */
export function requireTenant(viewer: Viewer): TenantViewer {
  if (viewer.kind === 'tenant') return viewer;
  throw new FlowgridError('UNAUTHENTICATED', 'Sign in first: this needs an access token.');
}

/**
 * The viewer as one of a tenant who holds the permission. Every service begins with it.
 * @throws FlowgridError `UNAUTHENTICATED` for an anonymous viewer, `FORBIDDEN` without the permission.
 */
export function requirePermission(viewer: Viewer, permission: Permission): TenantViewer {
  const tenantViewer = requireTenant(viewer);
  if (tenantViewer.permissions.has(permission)) return tenantViewer;
  throw new FlowgridError(
    'FORBIDDEN',
    `This needs the permission ${permission}. Ask an administrator of your tenant.`,
  );
}

/** Whom a viewer stands for, for logs and limits; null for an anonymous one. */
export function idsOfViewer(viewer: Viewer): { readonly tenantId: string; readonly actorId: string } | null {
  return viewer.kind === 'tenant' ? { tenantId: viewer.tenantId, actorId: viewer.actor.id } : null;
}
