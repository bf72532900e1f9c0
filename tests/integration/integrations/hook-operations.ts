/** The operations of inbound hooks, and messages to them, as tests send them. */
import { setTimeout as delay } from 'node:timers/promises';
import type { SentMessage } from '../../../subgraphs/integrations/src/testkit/hook-messages.ts';
import { dataOf } from '../../testkit/graphql.ts';
import { until } from '../../testkit/wait.ts';
import type { Ask, IntegrationsService, TestTenant } from './service.ts';

const HOOK = 'id kind verification name isEnabled url mapping setup integration { id }';
const ERRORS = 'errors { code message path }';
const DELIVERY = 'id deliveryKey event size state attempt note itemKeys receivedAt finishedAt';

const mutation = (name: string, type: string, fields: string): string =>
  `mutation($input: ${type}!) { result: ${name}(input: $input) { ${fields} } }`;

export const CREATE_HOOK = mutation(
  'createInboundHook',
  'CreateInboundHookInput',
  `hook { ${HOOK} } secret ${ERRORS}`,
);
export const UPDATE_HOOK = mutation(
  'updateInboundHook',
  'UpdateInboundHookInput',
  `hook { ${HOOK} } ${ERRORS}`,
);
export const ROTATE_HOOK = mutation(
  'rotateInboundHookSecret',
  'RotateInboundHookSecretInput',
  `hook { ${HOOK} } secret ${ERRORS}`,
);
export const DELETE_HOOK = mutation(
  'deleteInboundHook',
  'DeleteInboundHookInput',
  `hook { ${HOOK} } ${ERRORS}`,
);
export const RETRY_DELIVERY = mutation(
  'retryInboundDelivery',
  'RetryInboundDeliveryInput',
  `delivery { ${DELIVERY} } ${ERRORS}`,
);
export const REGISTER_HOOK = mutation(
  'registerInboundHook',
  'RegisterInboundHookInput',
  `hook { id registrations { id scope expiresAt lastError } } registration { id scope expiresAt } ${ERRORS}`,
);
export const UNREGISTER_HOOK = mutation(
  'unregisterInboundHook',
  'UnregisterInboundHookInput',
  `hook { id registrations { id } } ${ERRORS}`,
);
export const HOOKS = `query { inboundHooks { ${HOOK} registrations { id } } }`;
export const DELIVERIES = `query($hookId: ID!, $first: Int, $after: String) {
  inboundDeliveries(hookId: $hookId, first: $first, after: $after) {
    edges { cursor node { ${DELIVERY} } } pageInfo { hasNextPage endCursor }
  }
}`;

export interface HookData {
  readonly id: string;
  readonly url: string;
  readonly kind: string;
  readonly verification: string;
  readonly isEnabled: boolean;
  readonly setup: string;
}

export interface MadeHook {
  readonly hook: HookData;
  readonly secret: string;
  /** Where the service itself takes messages. */
  readonly path: string;
}

export interface DeliveryData {
  readonly id: string;
  readonly deliveryKey: string;
  readonly event: string | null;
  readonly state: string;
  readonly attempt: number;
  readonly note: string | null;
  readonly itemKeys: readonly string[];
}

export async function makeHook(ask: Ask, input: object): Promise<MadeHook> {
  const answer = await ask(CREATE_HOOK, { input: { name: 'Hook', ...input } });
  const { hook, secret, errors } = dataOf<{
    result: { hook: HookData | null; secret: string | null; errors: unknown };
  }>(answer).result;
  if (hook === null) throw new Error(JSON.stringify(errors));
  return { hook, secret: secret ?? '', path: new URL(hook.url).pathname };
}

export function send(
  service: Pick<IntegrationsService, 'url'>,
  path: string,
  {
    headers,
    body,
  }: { readonly headers: SentMessage['headers']; readonly body: string | Buffer<ArrayBuffer> },
): Promise<Response> {
  return fetch(`${service.url}${path}`, { method: 'POST', headers, body });
}

export async function listDeliveries(ask: Ask, hookId: string): Promise<readonly DeliveryData[]> {
  const page = dataOf<{ inboundDeliveries: { edges: { node: DeliveryData }[] } }>(
    await ask(DELIVERIES, { hookId, first: 100 }),
  );
  return page.inboundDeliveries.edges.map(({ node }) => node);
}

/** Waits until the work on the newest messages of a hook is over. */
export async function worked(
  { owner }: Pick<TestTenant, 'owner'>,
  hookId: string,
  count: number,
): Promise<readonly DeliveryData[]> {
  return until(`${count} messages are worked on`, async () => {
    const deliveries = await listDeliveries(owner, hookId);
    const isOver = deliveries.every(({ state }) => state !== 'READY' && state !== 'RUNNING');
    if (deliveries.length >= count && isOver) return deliveries;
    await delay(50);
    return null;
  });
}
