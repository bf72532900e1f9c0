/** Lets a rule of the integrations service start designs on behalf of the user who made it, with no more than they may do now. */
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

export interface RuleGrantServiceOptions {
  readonly database: AuthDatabase;
  readonly keyRing: KeyRing;
  readonly clock: Clock;
}

export interface RuleTokenRequest {
  readonly tenantId: string;
  readonly ruleId: string;
  /** On whose behalf; a grant of another user is none. */
  readonly userId: string;
}

interface Evidence {
  readonly tenantId: string;
  readonly userId: string;
  readonly userName: string;
  readonly permissions: ReadonlySet<string>;
}

/** Where rules are made, and where their designs are started. */
const EVIDENCE_AUDIENCE = 'integrations';
const DESIGN = 'design';
/** What the user must hold, when the rule is made and each time it fires. */
const NEEDED: Permission = 'design:run';
/** What a design may come to use, as far as the user holds it. */
const USEFUL: readonly Permission[] = ['design:run', 'design:read', 'agent:read', 'integration:read'];

export class RuleGrantService {
  readonly #options: RuleGrantServiceOptions;

  constructor(options: RuleGrantServiceOptions) {
    this.#options = options;
  }

  /**
   * Remembers for whom the rule acts from now on.
   * @throws FlowgridError `UNAUTHENTICATED` for evidence that is no user's valid token, `FORBIDDEN` without the rights.
   */
  async record(
    rule: { readonly id: string; readonly name: string },
    contextToken: string,
    requestId: string,
  ): Promise<void> {
    const evidence = await this.#verify(contextToken);
    if (!evidence.permissions.has('integration:manage') || !evidence.permissions.has(NEEDED))
      throw forbidden();
    const { tenantId, userId } = evidence;
    const { database, clock } = this.#options;
    await database.inTenant(tenantId, async (tx) => {
      if ((await findActiveUser(tx, tenantId, userId)) === null) throw forbidden();
      const key = { tenantId, ruleId: rule.id };
      const data = { userId, ruleName: rule.name, createdAt: clock.now() };
      await tx.ruleGrant.upsert({
        where: { tenantId_ruleId: key },
        create: { ...key, ...data },
        update: data,
      });
      await this.#audit(tx, evidence, { action: 'rule.granted', ruleId: rule.id, requestId });
    });
  }

  async revoke(rule: { readonly id: string }, contextToken: string, requestId: string): Promise<void> {
    const evidence = await this.#verify(contextToken);
    if (!evidence.permissions.has('integration:manage')) throw forbidden();
    const { tenantId } = evidence;
    await this.#options.database.inTenant(tenantId, async (tx) => {
      const { count } = await tx.ruleGrant.deleteMany({ where: { tenantId, ruleId: rule.id } });
      if (count > 0) await this.#audit(tx, evidence, { action: 'rule.revoked', ruleId: rule.id, requestId });
    });
  }

  /** A context token for the design service alone. @throws FlowgridError `FORBIDDEN` when there is no such grant any more. */
  async createToken({ tenantId, ruleId, userId }: RuleTokenRequest): Promise<string> {
    const { database, clock, keyRing } = this.#options;
    const granted = await database.inTenant(tenantId, async (tx) => {
      const grant = await tx.ruleGrant.findFirst({ where: { tenantId, ruleId, userId } });
      const user = grant && (await findActiveUser(tx, tenantId, userId));
      return grant && user && { user, ruleName: grant.ruleName };
    });
    const held = new Set<string>(granted ? permissionsOf(granted.user.roleNames) : []);
    const permissions = USEFUL.filter((permission) => held.has(permission)).filter(isPermission);
    if (!granted || !held.has(NEEDED)) throw forbidden();
    const name = `${granted.user.name} (rule “${granted.ruleName}”)`;
    return signContextToken(
      {
        kind: 'tenant',
        tenantId,
        actor: { kind: 'USER', id: userId, name, userId },
        permissions,
        sessionId: null,
      },
      DESIGN,
      { key: keyRing.signer('context'), clock },
    );
  }

  async #verify(contextToken: string): Promise<Evidence> {
    const { keyRing, clock } = this.#options;
    const claims = await verifyContextToken(contextToken, {
      audience: EVIDENCE_AUDIENCE,
      keys: keyRing.verifier('context'),
      clock,
      // The request that carries it may have taken its time.
      graceSeconds: CONTEXT_TOKEN_LIFETIME_SECONDS,
    });
    // What acts for a user already is no evidence: rights would be handed on without them.
    if (claims.kind !== 'tenant' || claims.actor.kind !== 'USER')
      throw new FlowgridError('UNAUTHENTICATED', 'A rule is made with the context token of a user.');
    const { tenant: tenantId, actor, permissions } = claims;
    return { tenantId, userId: actor.id, userName: actor.name, permissions: new Set(permissions) };
  }

  async #audit(
    tx: Tx,
    { tenantId, userId, userName }: Evidence,
    event: { readonly action: string; readonly ruleId: string; readonly requestId: string },
  ): Promise<void> {
    const { action, ruleId, requestId } = event;
    const viewer = { tenantId, actor: { kind: 'USER', id: userId, name: userName, userId } } as const;
    const by = { viewer, requestId, clock: this.#options.clock };
    const facts = { action, resourceType: 'integration_rule', resourceId: ruleId };
    await tx.auditEvent.create({ data: auditRecord(by, facts) });
  }
}

function forbidden(): FlowgridError {
  return new FlowgridError(
    'FORBIDDEN',
    'The user may not start designs any more, or never said that the rule may.',
  );
}
