/** How a connection says who it is. */

export interface SignIn {
  /**
   * The `authorization` header to send.
   * @throws ConnectorError or OutboundError when signing in needs a request of its own and that fails.
   */
  authorize(signal: AbortSignal): Promise<string>;
  /** The other system did not accept `authorization` (401). True when there is another one to try. */
  renew(authorization: string, signal: AbortSignal): Promise<boolean>;
}

/** The same one always. */
export function constantSignIn(authorization: string): SignIn {
  return { authorize: () => Promise.resolve(authorization), renew: () => Promise.resolve(false) };
}
