/** What is asked of other systems about the webhooks that they send. */
import { FlowgridError, notFound, type Logger } from '@flowgrid/platform';
import type { Connection } from '../../adapters/connection.ts';
import type { Connector, WebhookRegistrar, WebhookRegistration } from '../../adapters/connector.ts';
import type { Connections } from '../connection/connections.ts';
import type { InboundHook, InboundRegistration } from './inbound-hook.ts';

const TIMEOUT_MS = 10_000;

export type AskRegistrar<Result> = (
  webhooks: WebhookRegistrar,
  connection: Connection,
  signal: AbortSignal,
) => Promise<Result>;

export class Registrar {
  readonly #connections: Pick<Connections, 'use'>;
  readonly #logger: Logger;

  constructor({
    connections,
    logger,
  }: {
    readonly connections: Pick<Connections, 'use'>;
    readonly logger: Logger;
  }) {
    this.#connections = connections;
    this.#logger = logger;
  }

  /**
   * Asks the system that the hook belongs to.
   * @throws FlowgridError `CONFLICT` where there is none, or none that registers webhooks; what `Connections.use` throws.
   */
  async ask<Result>(
    tenantId: string,
    { integrationId }: InboundHook,
    priority: 'INTERACTIVE' | 'BACKGROUND',
    work: AskRegistrar<Result>,
  ): Promise<Result> {
    if (integrationId === null) throw new FlowgridError('CONFLICT', 'The hook belongs to no integration.');
    const result = await this.#connections.use(
      { tenantId, integrationId },
      async ({ connector, connection }) => {
        const { webhooks }: Pick<Connector, 'capabilities' | 'webhooks'> = connector;
        if (webhooks === undefined)
          throw new FlowgridError(
            'CONFLICT',
            'The API of this system registers no webhooks: follow the setup of the hook.',
          );
        return { value: await work(webhooks, connection, AbortSignal.timeout(TIMEOUT_MS)) };
      },
      { priority },
    );
    if (result === null) throw notFound('Integration');
    return result.value;
  }

  /** As far as the other system can be reached. */
  async remove(tenantId: string, hook: InboundHook, registration: InboundRegistration): Promise<void> {
    try {
      await this.ask(tenantId, hook, 'INTERACTIVE', (webhooks, connection, signal) =>
        webhooks.remove(connection, toForeign(registration), signal),
      );
    } catch (error) {
      // Its messages will be refused: nobody has the hook any more.
      const reason = error instanceof Error ? error.message : 'unknown';
      this.#logger.warn({ hookId: hook.id, reason }, 'a registration was not ended at the other system');
    }
  }
}

/** As the other system knows it. */
export function toForeign({ foreignId, scope, expiresAt }: InboundRegistration): WebhookRegistration {
  return { id: foreignId, scope, expiresAt };
}
