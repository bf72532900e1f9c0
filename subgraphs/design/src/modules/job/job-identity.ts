/** The id under which auth knows the work of a session for one user: auth ties a job to the user for whom it acts. */
import { createHash } from 'node:crypto';

/** The session's own id for who started it, an id made of both for others who approve, retry or accept it. */
export function jobIdFor(
  session: { readonly id: string; readonly createdByUserId: string | null },
  userId: string,
): string {
  if (userId === session.createdByUserId) return session.id;
  const hash = createHash('sha256').update(`design-job\n${session.id}\n${userId}`).digest('hex');
  // A UUID of version 8: its content is the application's own.
  const parts = [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, `8${hash.slice(17, 20)}`];
  return [...parts, hash.slice(20, 32)].join('-');
}
