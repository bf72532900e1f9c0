/** What callers send to be made at connected systems, checked. */
import { z } from 'zod';
import { line, ownId } from '@flowgrid/platform';
import { toItemBody } from '../../adapters/external-item.ts';

export const MAX_KEY_LENGTH = 200;
const MAX_BODY_LENGTH = 50_000;

const key = line(MAX_KEY_LENGTH);
const integrationId = z.string();
const body = z.string().max(MAX_BODY_LENGTH, `must have at most ${MAX_BODY_LENGTH} characters`);

export const createSchema = z.object({
  id: ownId.nullish(),
  integrationId,
  container: line(200),
  type: line(100).nullish(),
  title: line(255),
  body: body.nullish().transform(toItemBody),
});
export type CreateExternalItem = z.input<typeof createSchema>;

export const commentSchema = z.object({
  id: ownId.nullish(),
  integrationId,
  key,
  body: body.transform(toItemBody).pipe(z.string().min(1, 'must not be empty')),
});
export type CommentOnExternalItem = z.input<typeof commentSchema>;

export const transitionSchema = z.object({ integrationId, key, transitionId: line(100) });
export type TransitionExternalItem = z.input<typeof transitionSchema>;
