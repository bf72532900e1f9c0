/** What the service needs of inbound hooks: the services behind GraphQL, and the route at which messages come. */
import type { FastifyInstance } from 'fastify';
import type { Transport } from '@flowgrid/messaging';
import type { Clock, Logger } from '@flowgrid/platform';
import type { RateLimits } from '@flowgrid/shared-state';
import type { IntegrationsDatabase } from '../../database.ts';
import type { Connections } from '../connection/connections.ts';
import type { SecretBox } from '../credential/secret-box.ts';
import { createWorkAnnouncer } from './announce-work.ts';
import { HookReceiver } from './hook-receiver.ts';
import { addHookRoutes } from './hook-routes.ts';
import { InboundDeliveryService } from './inbound-delivery-service.ts';
import { InboundHookService } from './inbound-hook-service.ts';
import { RegistrationService } from './registration-service.ts';

export interface InboundHookServices {
  readonly inboundHooks: InboundHookService;
  readonly inboundDeliveries: InboundDeliveryService;
  readonly inboundRegistrations: RegistrationService;
}

export interface InboundHooksOptions {
  /** The one that hands on what is written in its transactions. */
  readonly database: IntegrationsDatabase;
  readonly connections: Connections;
  readonly secretBox: SecretBox;
  readonly transport: Pick<Transport, 'send'>;
  readonly rateLimits: RateLimits;
  readonly publicUrl: string;
  readonly limits: { readonly perHook: number; readonly perClient: number };
  readonly clock: Clock;
  readonly logger: Logger;
}

export function openInboundHooks(options: InboundHooksOptions): {
  readonly services: InboundHookServices;
  readonly addRoutes: (app: FastifyInstance) => void;
} {
  const { logger } = options;
  const announceWork = createWorkAnnouncer(options);
  const receiver = new HookReceiver({ ...options, announceWork });
  return {
    services: {
      inboundHooks: new InboundHookService(options),
      inboundDeliveries: new InboundDeliveryService({ ...options, announceWork }),
      inboundRegistrations: new RegistrationService(options),
    },
    addRoutes: (app) => addHookRoutes(app, { receiver, logger }),
  };
}
