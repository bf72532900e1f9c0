/** Tells the other processes that something changed, after the change is committed. */
import type { Channel, PubSub, Subscriber } from '@flowgrid/shared-state';
import type { Logger } from '@flowgrid/platform';

export interface Announcer {
  /** There is work, or a job that is worked on was ended. */
  job(jobId: string): void;
  /** A session has a new event. */
  progress(sessionId: string): void;
}

/**
 * Nobody waits for an announcement, and a lost one costs a poll interval: receivers also read at intervals. The shared state says
 * once that it is away; a line per announcement would add nothing.
 */
export function createAnnouncer(pubsub: PubSub, logger: Logger): Announcer {
  const publish = (channel: 'design-jobs' | 'design-progress', id: string): void => {
    pubsub
      .publish(channel, id)
      .catch((error: unknown) => logger.debug({ err: error, channel, id }, 'announcement was lost'));
  };
  return {
    job: (jobId) => publish('design-jobs', jobId),
    progress: (sessionId) => publish('design-progress', sessionId),
  };
}

/** Subscribes without waiting for the connection; returns what ends the subscription. */
export function subscribeInBackground(
  pubsub: PubSub,
  channel: Channel,
  subscriber: Subscriber & { readonly onError: (error: unknown) => void },
): () => void {
  let isEnded = false;
  let unsubscribe = (): void => {
    isEnded = true;
  };
  pubsub
    .subscribe(channel, subscriber)
    .then((subscription) => {
      if (isEnded) subscription.unsubscribe();
      else unsubscribe = () => subscription.unsubscribe();
    })
    .catch((error: unknown) => {
      if (!isEnded) subscriber.onError(error);
    });
  return () => unsubscribe();
}
