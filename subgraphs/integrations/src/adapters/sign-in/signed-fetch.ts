/** Requests that are signed in, and once more where the other system wants a newer sign-in. */
import type { OutboundFetch } from '@flowgrid/outbound';
import type { SignIn } from './sign-in.ts';

const UNAUTHORIZED = 401;

export function signedFetch(fetch: OutboundFetch, signIn: SignIn): OutboundFetch {
  return async (url, init = {}) => {
    const signal = init.signal ?? new AbortController().signal;
    const send = (authorization: string): Promise<Response> =>
      fetch(url, { ...init, headers: { ...init.headers, authorization } });
    const authorization = await signIn.authorize(signal);
    const response = await send(authorization);
    if (response.status !== UNAUTHORIZED) return response;
    // What was refused was not done: sending it again is safe, whatever it is.
    if (!(await signIn.renew(authorization, signal))) return response;
    return send(await signIn.authorize(signal));
  };
}
