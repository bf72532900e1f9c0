/** A hook as the rest of the service sees it: without its secrets. */
import type { HookKind, HookVerification } from '../../adapters/hooks/hook-dialect.ts';
import type { HookMapping } from '../../adapters/hooks/generic.ts';

export interface InboundHook {
  readonly id: string;
  readonly integrationId: string | null;
  readonly kind: HookKind;
  readonly verification: HookVerification;
  readonly name: string;
  readonly isEnabled: boolean;
  /** The last part of its address: unguessable, and not the id. */
  readonly address: string;
  readonly mapping: HookMapping | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const DELIVERY_STATES = ['READY', 'RUNNING', 'DONE', 'IGNORED', 'FAILED'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** A message of another system, and what became of it. */
export interface InboundDelivery {
  readonly id: string;
  readonly hookId: string;
  readonly deliveryKey: string;
  readonly event: string | null;
  readonly size: number;
  readonly state: DeliveryState;
  readonly attempt: number;
  readonly note: string | null;
  readonly itemKeys: readonly string[];
  readonly receivedAt: Date;
  readonly finishedAt: Date | null;
}

/** Where the other system was told to send to a hook. */
export interface InboundRegistration {
  readonly id: string;
  readonly hookId: string;
  readonly foreignId: string;
  readonly scope: string | null;
  readonly expiresAt: Date | null;
  readonly failures: number;
  readonly lastError: string | null;
  readonly createdAt: Date;
}
