/** Links that let whoever has them download one artifact of one tenant for five minutes. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { isId, type Clock } from '@flowgrid/platform';

const LIFETIME_MS = 5 * 60 * 1000;

export interface ArtifactLink {
  readonly url: string;
  readonly expiresAt: Date;
}

export interface ArtifactKey {
  readonly tenantId: string;
  readonly id: string;
}

export interface ArtifactLinks {
  sign(key: ArtifactKey): ArtifactLink;
  /** What the link gives access to; null for a link that was changed, has expired or was never given. */
  verify(id: string, query: unknown): ArtifactKey | null;
}

const querySchema = z.object({
  tenant: z.string().refine(isId),
  expires: z.string().regex(/^\d{1,15}$/),
  signature: z.string().regex(/^[\w-]{43}$/),
});

export function createArtifactLinks(options: {
  readonly secret: Uint8Array;
  readonly publicUrl: string;
  readonly clock: Clock;
}): ArtifactLinks {
  const signatureOf = (id: string, tenantId: string, expires: string): Buffer =>
    createHmac('sha256', options.secret).update(`artifact\n${id}\n${tenantId}\n${expires}`).digest();
  return {
    sign: ({ tenantId, id }) => {
      const expiresAt = new Date(options.clock.now().getTime() + LIFETIME_MS);
      const expires = String(expiresAt.getTime());
      const url = new URL(`artifacts/${id}`, `${options.publicUrl.replace(/\/+$/, '')}/`);
      url.searchParams.set('tenant', tenantId);
      url.searchParams.set('expires', expires);
      url.searchParams.set('signature', signatureOf(id, tenantId, expires).toString('base64url'));
      return { url: url.href, expiresAt };
    },
    verify: (id, query) => {
      const parsed = querySchema.safeParse(query);
      if (!parsed.success || !isId(id)) return null;
      const { tenant, expires, signature } = parsed.data;
      const isGenuine = timingSafeEqual(
        signatureOf(id, tenant, expires),
        Buffer.from(signature, 'base64url'),
      );
      if (!isGenuine || Number(expires) <= options.clock.now().getTime()) return null;
      return { tenantId: tenant, id };
    },
  };
}
