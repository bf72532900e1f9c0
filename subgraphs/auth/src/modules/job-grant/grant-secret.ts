/** Routes for who holds the grant secret: the design service and its workers. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { FlowgridError } from '@flowgrid/platform';
import type { FastifyRequest } from 'fastify';

/** Refuses, before the body is read, whoever does not show the secret. */
export function requireGrantSecret(secret: Buffer): (request: FastifyRequest) => Promise<void> {
  return async ({ headers }) => {
    if (!holdsSecret(headers.authorization, secret)) {
      throw new FlowgridError('UNAUTHENTICATED', 'The grant secret is required.');
    }
  };
}

/** Digests are compared, which have one length, in a time that does not depend on where they differ. */
function holdsSecret(authorization: string | undefined, secret: Buffer): boolean {
  const text = /^Bearer +([\w+/=-]+)$/i.exec(authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(Buffer.from(text, 'base64')), digest(secret));
}

function digest(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
