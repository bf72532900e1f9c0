/** Tells the other processes that something changed, after the change is committed. */
import type { PubSub } from '@flowgrid/shared-state';
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
