import { FlowgridError } from '@flowgrid/platform';

/** The characters of RFC 6750: with others, auth could not even be asked, and its silence would pass for an outage. */
const BEARER = /^Bearer +([\w.~+/-]+=*)$/i;

/**
 * The token of an `authorization` value; null when there is none.
 * @throws FlowgridError `UNAUTHENTICATED` for a value of another scheme, which would else pass for anonymous.
 */
export function readBearer(authorization: unknown): string | null {
  if (authorization === undefined || authorization === null || authorization === '') return null;
  const match = typeof authorization === 'string' ? BEARER.exec(authorization) : null;
  const token = match?.[1];
  if (token === undefined) {
    throw new FlowgridError(
      'UNAUTHENTICATED',
      'The authorization must have the form "Bearer <access token>".',
    );
  }
  return token;
}
