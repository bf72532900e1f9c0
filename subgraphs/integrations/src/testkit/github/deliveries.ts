/** Deliveries of the fake GitHub's webhooks: sent once, kept, and sent again when somebody asks for it. */
import { randomUUID } from 'node:crypto';
import { githubMessage } from '../hook-messages.ts';
import { notFound, ok, stamp, text, type Answer, type GitHubRequest } from './answers.ts';
import type { Delivery, GitHubState, Hook } from './state.ts';

const MAX_PAGE = 100;
const DEFAULT_PAGE = 30;
const STATUS_TEXTS: Readonly<Record<number, string>> = { 0: 'failed to connect to host', 202: 'OK' };

/** Sends an event as GitHub does: once, signed with the secret of the hook. What came of it is kept. */
export async function deliver(
  state: GitHubState,
  hook: Hook,
  told: Pick<Delivery, 'event' | 'payload'> & { readonly guid?: string },
): Promise<Delivery> {
  const { event, payload, guid } = told;
  const name = guid ?? randomUUID();
  const message = githubMessage(text(hook.config['secret']) ?? '', { event, delivery: name, payload });
  const delivery: Delivery = {
    id: state.nextId(),
    guid: name,
    event,
    payload,
    deliveredAt: new Date(),
    isRedelivery: guid !== undefined,
    statusCode: await send(addressOf(state, hook), message),
  };
  hook.deliveries.unshift(delivery);
  return delivery;
}

function addressOf({ hooksArriveAt }: GitHubState, { config }: Hook): string {
  const url = new URL(text(config['url']) ?? '');
  return hooksArriveAt === null ? url.href : new URL(url.pathname, hooksArriveAt).href;
}

async function send(url: string, { headers, body }: ReturnType<typeof githubMessage>): Promise<number> {
  try {
    const response = await fetch(url, { method: 'POST', headers, body });
    await response.body?.cancel();
    return response.status;
  } catch {
    return 0;
  }
}

/** `/deliveries` and `/deliveries/{id}/attempts` of a hook. */
export function answerDeliveries(
  request: GitHubRequest,
  { state, hook, below }: { readonly state: GitHubState; readonly hook: Hook; readonly below: string },
): Answer {
  const [, id] = /^\/deliveries\/(\d+)\/attempts$/.exec(below) ?? [];
  if (id === undefined) return listDeliveries(request, hook);
  const delivery = hook.deliveries.find((each) => each.id === Number(id));
  if (delivery === undefined) return notFound;
  void deliver(state, hook, delivery);
  return { status: 202, body: {} };
}

/** By cursor, as GitHub pages them. */
function listDeliveries({ query, root, path }: GitHubRequest, { deliveries }: Hook): Answer {
  const size = Math.min(Number(query.get('per_page') ?? DEFAULT_PAGE), MAX_PAGE);
  const start = Number(/^v1_(\d+)$/.exec(query.get('cursor') ?? '')?.[1] ?? 0);
  const end = start + size;
  const next = `<${root}${path}?per_page=${size}&cursor=v1_${end}>; rel="next"`;
  const shapes = deliveries.slice(start, end).map(toShape);
  return ok(shapes, end < deliveries.length ? { link: next } : {});
}

function toShape({ id, guid, event, deliveredAt, isRedelivery, statusCode }: Delivery): object {
  return {
    id,
    guid,
    delivered_at: stamp(deliveredAt),
    redelivery: isRedelivery,
    duration: 0.03,
    status: STATUS_TEXTS[statusCode] ?? `Invalid HTTP Response: ${statusCode}`,
    status_code: statusCode,
    event,
    action: null,
    installation_id: null,
    repository_id: 1,
    throttled_at: null,
  };
}
