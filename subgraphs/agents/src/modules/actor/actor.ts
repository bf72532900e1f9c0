import type { Actor, ActorKind } from '@flowgrid/access';
import { invariant } from '@flowgrid/platform';

const ACTOR_KINDS: readonly ActorKind[] = ['USER', 'SERVICE_ACCOUNT', 'DESIGN_JOB', 'SYSTEM'];

/** An actor as it was written down. */
export function toActor(stored: Omit<Actor, 'kind'> & { readonly kind: string }): Actor {
  const kind = ACTOR_KINDS.find((candidate) => candidate === stored.kind);
  invariant(kind !== undefined, 'only known kinds of actors are written');
  return { ...stored, kind };
}
