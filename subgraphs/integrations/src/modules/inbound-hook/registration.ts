/** What a registration of a hook says of itself. */
import type { InboundRegistration } from './inbound-hook.ts';

/** When it is renewed: after two thirds of the time that is left. Of Jira's 30 days, ten remain for trying again. */
export function refreshAfter(expiresAt: Date | null, now: Date): Date | null {
  if (expiresAt === null) return null;
  return new Date(now.getTime() + Math.max(0, (expiresAt.getTime() - now.getTime()) * (2 / 3)));
}

/** As events show it. */
export function toRegistrationData({ scope, expiresAt }: InboundRegistration): {
  readonly scope: string | null;
  readonly expiresAt: string | null;
} {
  return { scope, expiresAt: expiresAt?.toISOString() ?? null };
}
