import type { Channel, PubSub, Subscriber } from '../pubsub/pubsub.ts';

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
