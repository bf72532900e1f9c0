/** Lets a job act for the user who started it: for one subgraph, with no more than the user may do now. */
import {
  CONTEXT_TOKEN_LIFETIME_SECONDS,
  auditRecord,
  isPermission,
  signContextToken,
  verifyContextToken,
  type Permission,
} from '@flowgrid/access';
import { FlowgridError, type Clock } from '@flowgrid/platform';
import type { AuthDatabase, Tx } from '../../database.ts';
import type { KeyRing } from '../signing-key/key-ring.ts';
import { permissionsOf } from '../user/role.ts';
import { findActiveUser } from '../user/user-store.ts';
import type { Job, JobGrant } from './job-grant.ts';
import { findJobUserId, recordJobGrant } from './job-grant-store.ts';

/** The service whose users start jobs; their context token for it is the evidence. */
const EVIDENCE_AUDIENCE = 'design';
const EVIDENCE_AGE_LIMIT_SECONDS = 24 * 60 * 60;

export interface GrantRequest {
  readonly contextToken: string;
  readonly audience: string;
  readonly permissions: readonly string[];
  readonly job: Job;
}

export interface GrantedToken {
  readonly token: string;
  readonly expiresAt: string;
}

interface Evidence {
  readonly tenantId: string;
  readonly userId: string;
  readonly permissions: ReadonlySet<string>;
}

export interface JobGrantServiceOptions {
  readonly database: AuthDatabase;
  readonly keyRing: KeyRing;
  readonly clock: Clock;
}

export class JobGrantService {
  readonly #options: JobGrantServiceOptions;

  constructor(options: JobGrantServiceOptions) {
    this.#options = options;
  }

  /**
   * @throws FlowgridError `UNAUTHENTICATED` for evidence that is not a user's token of the last 24 hours, `FORBIDDEN` when
   * nothing of what is asked for is left, or the job belongs to somebody else.
   */
  async grant(request: GrantRequest, requestId: string): Promise<GrantedToken> {
    const evidence = await this.#verify(request.contextToken);
    const { database, clock, keyRing } = this.#options;
    const { tenantId, userId } = evidence;
    const permissions = await database.inTenant(tenantId, (tx) =>
      this.#record(tx, evidence, request, requestId),
    );
    const { kind, id, name } = request.job;
    const seconds = Math.floor(clock.now().getTime() / 1000) + CONTEXT_TOKEN_LIFETIME_SECONDS;
    const token = await signContextToken(
      { kind: 'tenant', tenantId, actor: { kind, id, name, userId }, permissions, sessionId: null },
      request.audience,
      { key: keyRing.signer('context'), clock },
    );
    return { token, expiresAt: new Date(seconds * 1000).toISOString() };
  }

  async #verify(contextToken: string): Promise<Evidence> {
    const { keyRing, clock } = this.#options;
    const claims = await verifyContextToken(contextToken, {
      audience: EVIDENCE_AUDIENCE,
      keys: keyRing.verifier('context'),
      clock,
      graceSeconds: EVIDENCE_AGE_LIMIT_SECONDS - CONTEXT_TOKEN_LIFETIME_SECONDS,
    });
    // A job's own token is no evidence: grants would live on for ever, one out of the other.
    if (claims.kind !== 'tenant' || claims.actor.kind !== 'USER') {
      throw new FlowgridError('UNAUTHENTICATED', 'A job is started with the context token of a user.');
    }
    return {
      tenantId: claims.tenant,
      userId: claims.actor.id,
      permissions: new Set(claims.permissions),
    };
  }

  async #record(
    tx: Tx,
    evidence: Evidence,
    request: GrantRequest,
    requestId: string,
  ): Promise<readonly Permission[]> {
    const { tenantId, userId } = evidence;
    const { job, audience } = request;
    const user = await findActiveUser(tx, tenantId, userId);
    const held = new Set<string>(user ? permissionsOf(user.roleNames) : []);
    const permissions = request.permissions
      .filter(isPermission)
      .filter((permission) => held.has(permission) && evidence.permissions.has(permission));
    if (!user || permissions.length === 0) throw forbidden('The user may not do what the job needs.');
    const key = { tenantId, jobKind: job.kind, jobId: job.id };
    const owner = await findJobUserId(tx, key);
    if (owner !== null && owner !== userId) throw forbidden('The job belongs to another user.');
    const { clock } = this.#options;
    const grant: JobGrant = { ...key, audience, userId, permissions, createdAt: clock.now() };
    if (await recordJobGrant(tx, grant)) {
      const viewer = { tenantId, actor: { kind: 'USER', id: userId, name: user.name, userId } } as const;
      const changes = { audience, permissions: permissions.join(' ') };
      const event = { action: 'job.granted', resourceType: 'design_job', resourceId: job.id, changes };
      await tx.auditEvent.create({ data: auditRecord({ viewer, requestId, clock }, event) });
    }
    return permissions;
  }
}

function forbidden(message: string): FlowgridError {
  return new FlowgridError('FORBIDDEN', message);
}
