/** GitHub sends each event once: what did not arrive is found in the list of deliveries of a hook, and sent again on demand. */
import { z } from 'zod';
import { parseAnswer } from './github-client.ts';

/** The deliveries of one hook. */
export interface DeliveriesOfHook {
  readonly list: (cursor: string | null) => Promise<{
    readonly data: unknown;
    readonly headers: { readonly link?: string | undefined };
  }>;
  readonly redeliver: (id: string) => Promise<unknown>;
}

/** Of a hundred each: who receives more than that between two looks has to sync. */
const MAX_PAGES = 3;
const MAX_AT_ONCE = 20;
/** One that is refused so often is not taken at all. */
const MAX_TRIES = 10;
const NEXT = /<[^>]*[?&]cursor=([^&>]+)[^>]*>; *rel="next"/;

const deliverySchema = z.object({
  // Newer ids are larger than a number can be.
  id: z.union([z.number(), z.bigint()]).transform(String),
  guid: z.string(),
  status_code: z.number(),
  event: z.string(),
});
type Delivery = z.output<typeof deliverySchema>;

/** The longest waiting first; the hook knows those that it has. @returns how many were asked for. */
export async function redeliverFailed(deliveries: DeliveriesOfHook): Promise<number> {
  const failed = findFailed(await listRecent(deliveries)).slice(0, MAX_AT_ONCE);
  for (const { id } of failed) await deliveries.redeliver(id);
  return failed.length;
}

/** The last first. */
async function listRecent({ list }: DeliveriesOfHook): Promise<readonly Delivery[]> {
  const recent: Delivery[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { data, headers } = await list(cursor);
    recent.push(...parseAnswer(z.array(deliverySchema), data));
    const next = NEXT.exec(headers.link ?? '')?.[1];
    if (next === undefined) break;
    cursor = decodeURIComponent(next);
  }
  return recent;
}

/** Of each event that never arrived the last try, the first event first. */
function findFailed(recent: readonly Delivery[]): readonly Delivery[] {
  const tries = new Map<string, Delivery[]>();
  for (const delivery of recent) {
    if (delivery.event === 'ping') continue;
    const same = tries.get(delivery.guid);
    if (same === undefined) tries.set(delivery.guid, [delivery]);
    else same.push(delivery);
  }
  return [...tries.values()]
    .filter((same) => same.length < MAX_TRIES && !same.some(hasArrived))
    .flatMap(([last]) => (last === undefined ? [] : [last]))
    .toReversed();
}

function hasArrived({ status_code: status }: Delivery): boolean {
  return status >= 200 && status < 300;
}
