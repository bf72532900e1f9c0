/** Starts the designs that rules ask for, as the users who made the rules, and says which were refused. */
import { auditRecord, type Actor, type Viewer } from '@flowgrid/access';
import {
  SUBSCRIPTIONS,
  parseEvent,
  toEnvelope,
  writeEvents,
  type Delivery,
  type Transport,
  type TypedEnvelope,
} from '@flowgrid/messaging';
import { FlowgridError, InvalidInput, continueTrace, type Clock, type Logger } from '@flowgrid/platform';
import { OutsideError } from '../../adapters/outside-call.ts';
import type { RuleTokens } from '../../adapters/rule-tokens.ts';
import type { DesignDatabase } from '../../database.ts';
import type { SessionService } from '../session/session-service.ts';

export interface DesignRequestsOptions {
  readonly transport: Pick<Transport, 'receive'>;
  /** The one that hands on what is written in its transactions. */
  readonly database: DesignDatabase;
  readonly sessions: Pick<SessionService, 'start'>;
  readonly tokens: RuleTokens;
  readonly authenticate: (authorization: string) => Promise<Viewer>;
  readonly clock: Clock;
  readonly logger: Logger;
}

type DesignRequested = TypedEnvelope<'design_request.made'>;

const SUBSCRIPTION = 'design-requests';
const CONCURRENCY = 2;

/**
 * Auth is asked for each, which no transaction waits for; so there is none around the work. A request that comes twice gives
 * its session the same id: the first one makes it, the second one finds it. Disposing waits for what is under way.
 */
export function startDesignRequests(options: DesignRequestsOptions): AsyncDisposable {
  return options.transport.receive(
    { subscription: SUBSCRIPTION },
    async (delivery) => {
      const event = parseEvent(delivery);
      if (event.type !== 'design_request.made') return;
      // The type decides the data, which the compiler does not follow.
      const requested = event as DesignRequested;
      const { traceparent } = requested;
      await continueTrace({ name: 'start a design for a rule', traceparent }, () =>
        start(options, requested, delivery),
      );
    },
    { concurrency: CONCURRENCY },
  );
}

async function start(
  options: DesignRequestsOptions,
  event: DesignRequested,
  delivery: Delivery,
): Promise<void> {
  const { tokens, authenticate, sessions, logger } = options;
  const { tenantid: tenantId, data } = event;
  const { id, ruleId, userId, title, description, engine } = data.request;
  try {
    const token = await tokens.request({ tenantId, ruleId, userId }, delivery.signal);
    const viewer = await authenticate(`Bearer ${token}`);
    await sessions.start({ viewer, requestId: event.id }, { id, title, description, engine });
  } catch (error) {
    const reason = toReason(error, delivery);
    if (reason === null) throw error;
    logger.info({ ruleId, sessionId: id, reason }, 'a design of a rule was refused');
    await refuse(options, event, reason);
  }
}

/** Null for what may be another time; when it has been tried often enough, it is a reason too. */
function toReason(error: unknown, { attempt }: Delivery): string | null {
  if (error instanceof InvalidInput) return error.errors.map(({ message }) => message).join(' ');
  if (error instanceof OutsideError && error.problem === 'REFUSED')
    return 'Whoever defined the rule may not start designs any more. Somebody else has to define it again.';
  if (error instanceof FlowgridError && (error.code === 'FORBIDDEN' || error.code === 'CONFLICT'))
    return error.message;
  if (attempt < SUBSCRIPTIONS[SUBSCRIPTION].maxDeliveries) return null;
  return error instanceof FlowgridError ? error.message : 'The design could not be started.';
}

/** Once: a second delivery finds that it was said. */
async function refuse(
  { database, clock }: DesignRequestsOptions,
  event: DesignRequested,
  reason: string,
): Promise<void> {
  const { tenantid: tenantId, data } = event;
  const { id, ruleId } = data.request;
  const actor: Actor = { kind: 'SYSTEM', id: 'design', name: 'Flowgrid', userId: null };
  await database.inTenant(tenantId, async (tx) => {
    const isFirst = await tx.$executeRaw`
      INSERT INTO inbox_message (tenant_id, consumer, message_id)
      VALUES (${tenantId}::uuid, ${SUBSCRIPTION}, ${event.id}::uuid) ON CONFLICT DO NOTHING`;
    if (isFirst === 0) return;
    const action = 'design_session.refused';
    const by = { viewer: { tenantId, actor }, requestId: null, clock };
    const changes = { ruleId, reason };
    const change = auditRecord(by, { action, resourceType: 'design_session', resourceId: id, changes });
    await tx.auditEvent.create({ data: change });
    await writeEvents(tx, [toEnvelope(action, { change, data: { request: { id, ruleId }, reason } })]);
  });
}
