/** Sends ranges of deliveries again, page by page: each page is one transaction, and a lost worker costs none. */
import { startWokenLoop, type Clock, type Logger } from '@flowgrid/platform';
import type { IntegrationsDatabase } from '../database.ts';
import { claimReplay, replayPage, type ClaimedReplay } from '../modules/webhook-delivery/replay-store.ts';

export interface WebhookReplayerOptions {
  readonly database: IntegrationsDatabase;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly announce: (endpointId: string) => void;
  /** There is work for deliveries. */
  readonly wakeSender: () => void;
  readonly pollMs?: number;
}

const POLL_MS = 2_000;
const LEASE_SECONDS = 30;

/** Disposing ends it after the page under way; what is left is claimed by another one. */
export function startWebhookReplayer(options: WebhookReplayerOptions): AsyncDisposable {
  const { database, logger, pollMs = POLL_MS } = options;
  return startWokenLoop({
    work: async (stopping) => {
      const replay = await claimReplay(database, LEASE_SECONDS);
      if (replay !== null) await work(options, replay, stopping);
      return replay !== null;
    },
    // Its claim ends by itself, and it goes on where it was.
    onFailure: (error) => logger.warn({ err: error }, 'a replay of webhooks broke off'),
    pollMs,
  });
}

async function work(
  { database, clock, announce, wakeSender }: WebhookReplayerOptions,
  replay: ClaimedReplay,
  stopping: AbortSignal,
): Promise<void> {
  while (!stopping.aborted) {
    const { endpointId, isOver } = await database.inTenant(replay.tenantId, (tx) =>
      replayPage(tx, replay, { now: clock.now(), leaseSeconds: LEASE_SECONDS }),
    );
    wakeSender();
    if (endpointId !== null) announce(endpointId);
    if (isOver) return;
  }
}
