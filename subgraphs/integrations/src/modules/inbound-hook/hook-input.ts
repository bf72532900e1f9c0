/** What callers send, checked. */
import { z } from 'zod';
import { invalidInput, line, ownId } from '@flowgrid/platform';
import {
  HOOK_KINDS,
  HOOK_VERIFICATIONS,
  type HookKind,
  type HookVerification,
} from '../../adapters/hooks/hook-dialect.ts';
import { HOOK_DIALECTS } from '../../adapters/hooks/hook-dialects.ts';
import { mappingSchema, type HookMapping } from '../../adapters/hooks/generic.ts';
import type { IntegrationKind } from '../integration/integration.ts';

const MAX_NAME_LENGTH = 100;
const MAX_OVERLAP_HOURS = 7 * 24;
export const DEFAULT_OVERLAP_HOURS = 24;

const name = line(MAX_NAME_LENGTH);
const secret = z.string().nullish();

/** A mapping comes as any JSON. */
type Unchecked<Input> = Omit<Input, 'mapping'> & { readonly mapping?: unknown };

export const createHookSchema = z.object({
  id: ownId.nullish(),
  integrationId: ownId.nullish(),
  kind: z.enum(HOOK_KINDS),
  name,
  verification: z.enum(HOOK_VERIFICATIONS).nullish(),
  secret,
  mapping: mappingSchema.nullish(),
});
export type CreateHook = Unchecked<z.input<typeof createHookSchema>>;

export const updateHookSchema = z.object({
  id: z.string(),
  name: name.nullish(),
  isEnabled: z.boolean().nullish(),
  mapping: mappingSchema.nullish(),
});
export type UpdateHook = Unchecked<z.input<typeof updateHookSchema>>;

export const rotateSecretSchema = z.object({
  id: z.string(),
  secret,
  overlapHours: z.int().min(0).max(MAX_OVERLAP_HOURS).nullish(),
});
export type RotateSecret = z.input<typeof rotateSecretSchema>;

/** @throws InvalidInput for a way of signing that the system does not have. */
export function chooseVerification(
  kind: HookKind,
  wanted: HookVerification | null | undefined,
): HookVerification {
  const { verifications } = HOOK_DIALECTS[kind];
  const verification = wanted ?? verifications[0];
  if (verifications.includes(verification)) return verification;
  throw invalidInput('INVALID', `Messages of ${kind} are signed by ${verifications.join(' or ')}.`, [
    'verification',
  ]);
}

/** @throws InvalidInput for a mapping that a hook of this kind has no use for. */
export function checkMapping(kind: HookKind, mapping: HookMapping | null | undefined): HookMapping | null {
  if (mapping == null || kind === 'GENERIC') return mapping ?? null;
  throw invalidInput('INVALID', `What ${kind} sends is known: a mapping is for GENERIC hooks.`, ['mapping']);
}

/** @throws InvalidInput for a connection to another kind of system. */
export function checkIntegrationKind(hook: HookKind, integration: IntegrationKind): void {
  if (hook === 'GENERIC' || hook === integration) return;
  throw invalidInput('INVALID', `The integration is one of ${integration}, and the hook one of ${hook}.`, [
    'integrationId',
  ]);
}
