/** One address of a service, and what is known of it. */
export class Replica {
  /** Base address, without a slash at the end. */
  readonly url: string;
  readonly origin: string;
  readonly basePath: string;
  isReady = true;
  /** Requests that have no whole answer yet. */
  requests = 0;
  /** Subscriptions that are open. */
  streams = 0;

  constructor(url: string) {
    const { origin, pathname } = new URL(url);
    this.url = url.replace(/\/+$/, '');
    this.origin = origin;
    this.basePath = pathname.replace(/\/+$/, '');
  }
}
