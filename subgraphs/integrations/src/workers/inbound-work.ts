/** What is done with one message of a hook: its items are kept, and others are told, in one transaction. */
import type { Actor } from '@flowgrid/access';
import type { Clock } from '@flowgrid/platform';
import type { ExternalItem } from '../adapters/external-item.ts';
import { UnreadableMessage, type ToldChanges, type ToldItem } from '../adapters/hooks/hook-dialect.ts';
import { readMessage } from '../adapters/hooks/read-message.ts';
import { parseRecordVersion } from '../adapters/hooks/servicenow.ts';
import type { IntegrationsDatabase, Tx } from '../database.ts';
import { forgetDeletion, removeItem, saveItems } from '../modules/external-item/external-item-store.ts';
import { writeItemChanges, type ChangedItem } from '../modules/external-item/item-changes.ts';
import {
  endDelivery,
  findContent,
  findDelivery,
  isOvertaken,
  lockClaim,
  type ClaimedDelivery,
  type DeliveryContent,
  type DeliveryEnd,
} from '../modules/inbound-hook/delivery-store.ts';
import { findHook } from '../modules/inbound-hook/hook-store.ts';
import type { InboundDelivery, InboundHook } from '../modules/inbound-hook/inbound-hook.ts';
import { recordIntegrationEvent } from '../modules/integration-event/event-store.ts';

export interface InboundWorkOptions {
  readonly database: IntegrationsDatabase;
  readonly clock: Clock;
}

interface OpenDelivery {
  readonly delivery: InboundDelivery;
  readonly failures: number;
  readonly hook: InboundHook;
  readonly baseUrl: string | null;
  readonly content: DeliveryContent;
}

/** A message whose worker was lost so often is not tried again: it may be what kills them. */
export const MAX_ATTEMPTS = 5;

/** @throws what a database throws; the message is claimed again then. */
export async function workOnDelivery(options: InboundWorkOptions, claim: ClaimedDelivery): Promise<void> {
  const { database } = options;
  const opened = await openDelivery(database, claim);
  if (opened === null) return;
  if (opened.failures > MAX_ATTEMPTS) {
    const note = opened.delivery.note ?? 'Its worker was lost each time.';
    const end = failed(`Given up after ${MAX_ATTEMPTS} attempts. ${note}`);
    await database.inTenant(claim.tenantId, (tx) => endDelivery(tx, claim, end));
    return;
  }
  const told = read(opened);
  await database.inTenant(claim.tenantId, async (tx) => {
    // Taken over, or deleted: somebody else writes, or nobody.
    if (!(await lockClaim(tx, claim))) return;
    const end =
      told instanceof UnreadableMessage
        ? failed(told.message)
        : await apply(options, { tx, claim, told, ...opened });
    await endDelivery(tx, claim, end);
  });
}

async function openDelivery(
  database: IntegrationsDatabase,
  claim: ClaimedDelivery,
): Promise<OpenDelivery | null> {
  const { tenantId } = claim;
  return database.inTenant(tenantId, async (tx) => {
    const found = await findDelivery(tx, claim);
    const hook = found && (await findHook(tx, { tenantId, id: found.hookId }));
    const content = await findContent(tx, claim);
    if (!found || !hook || !content) return null;
    const { failures, ...delivery } = found;
    const integration =
      hook.integrationId === null
        ? null
        : await tx.integration.findFirst({
            where: { tenantId, id: hook.integrationId },
            select: { baseUrl: true },
          });
    return { delivery, failures, hook, content, baseUrl: integration?.baseUrl ?? null };
  });
}

function read({ hook, content, baseUrl }: OpenDelivery): ToldChanges | UnreadableMessage {
  try {
    const { headers, body } = content;
    return readMessage(hook.kind, body, { headers, baseUrl, mapping: hook.mapping });
  } catch (error) {
    if (error instanceof UnreadableMessage) return error;
    throw error;
  }
}

interface Application extends OpenDelivery {
  readonly tx: Tx;
  readonly claim: ClaimedDelivery;
  readonly told: ToldChanges;
}

async function apply({ clock }: InboundWorkOptions, application: Application): Promise<DeliveryEnd> {
  const { tx, claim, told, hook, delivery } = application;
  const { tenantId } = claim;
  const { integrationId } = hook;
  if (told.items.length === 0) return ignored(told.note ?? 'Nothing that is of use here.');
  if (integrationId === null)
    return ignored('The hook belongs to no integration: nothing comes of its messages.');
  const version = hook.kind === 'SERVICENOW' ? parseRecordVersion(delivery.deliveryKey) : null;
  if (version !== null && (await isOvertaken(tx, { tenantId, hookId: hook.id }, version)))
    return ignored('A later version of the record had come before.');
  const at = clock.now();
  const changes: ChangedItem[] = [];
  for (const item of told.items) {
    const change = await keep(tx, { tenantId, integrationId }, { told: item, at });
    if (change !== null) changes.push(change);
  }
  const itemKeys = told.items.map(({ item }) => item.key);
  if (changes.length === 0) return { state: 'DONE', note: 'Nothing that was not known.', itemKeys };
  const actor: Actor = { kind: 'SYSTEM', id: hook.id, name: `Hook “${hook.name}”`, userId: null };
  await writeItemChanges(tx, { tenantId, integrationId, source: 'HOOK', actor, clock }, changes);
  const message = describe(changes);
  await recordIntegrationEvent(tx, { tenantId, integrationId, kind: 'ITEMS_CHANGED', message, itemKeys, at });
  return { state: 'DONE', note: message, itemKeys };
}

/** Null when it says nothing new. */
async function keep(
  tx: Tx,
  owner: { readonly tenantId: string; readonly integrationId: string },
  { told, at }: { readonly told: ToldItem; readonly at: Date },
): Promise<ChangedItem | null> {
  const { change, item, isPartial } = told;
  if (change === 'DELETED') {
    await removeItem(tx, owner, item, at);
    return { change, item };
  }
  if (change === 'CREATED' && item.updatedAt === null) await forgetDeletion(tx, owner, item.key);
  const known = await findKnown(tx, owner, item.key);
  if (known !== null && isPartial) {
    const merged = { ...known, title: item.title || known.title, state: item.state || known.state };
    return { change, item: merged };
  }
  const [saved] = await saveItems(tx, owner, [item], at);
  const isOld = saved === undefined || saved.change === 'UNCHANGED';
  // A comment was made, whatever else is known of the item by now; of one that is gone nothing is told.
  if (isOld) return change === 'COMMENTED' && known !== null ? { change, item: known } : null;
  const isMoved = change === 'UPDATED' && known !== null && known.state !== item.state;
  return { change: isMoved ? 'TRANSITIONED' : change, item };
}

async function findKnown(
  tx: Tx,
  { tenantId, integrationId }: { readonly tenantId: string; readonly integrationId: string },
  key: string,
): Promise<ExternalItem | null> {
  return tx.externalItem.findFirst({
    where: { tenantId, integrationId, key, deletedAt: null },
    select: {
      key: true,
      title: true,
      body: true,
      state: true,
      type: true,
      assignee: true,
      url: true,
      updatedAt: true,
    },
  });
}

const VERBS = {
  CREATED: 'is new',
  UPDATED: 'was changed',
  DELETED: 'was deleted',
  COMMENTED: 'has a comment',
  TRANSITIONED: 'has another state',
} as const;

function describe(changes: readonly ChangedItem[]): string {
  return `${changes.map(({ change, item }) => `${item.key} ${VERBS[change]}`).join(', ')}.`;
}

function ignored(note: string): DeliveryEnd {
  return { state: 'IGNORED', note, itemKeys: [] };
}

function failed(note: string): DeliveryEnd {
  return { state: 'FAILED', note, itemKeys: [] };
}
