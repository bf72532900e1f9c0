/** Context tokens for the work of a job, given by auth against the evidence that a user asked for it. */
import { z } from 'zod';
import type { Permission } from '@flowgrid/access';
import { OutsideError, postJson, type ServiceClient } from './outside-call.ts';

export interface GrantRequest {
  /** The context token with which the user asked. */
  readonly contextToken: string;
  readonly audience: 'agents' | 'integrations';
  readonly permissions: readonly Permission[];
  /** The design session, as it appears as author. */
  readonly job: { readonly id: string; readonly name: string };
}

export interface Grants {
  /** A context token for one audience. @throws OutsideError, `REFUSED` when the user may no longer do it. */
  request(request: GrantRequest, signal: AbortSignal): Promise<string>;
}

const grantedSchema = z.object({ token: z.string().min(1) });
const refusedSchema = z.object({ errors: z.array(z.object({ message: z.string() })).min(1) });

export function createGrants(options: { readonly client: ServiceClient; readonly secret: string }): Grants {
  return {
    request: async ({ contextToken, audience, permissions, job }, signal) => {
      const { status, body } = await postJson({
        service: 'auth',
        client: options.client,
        path: '/internal/grant',
        authorization: `Bearer ${options.secret}`,
        body: { contextToken, audience, permissions, job: { kind: 'DESIGN_JOB', ...job } },
        signal,
      });
      const granted = grantedSchema.safeParse(body);
      if (status === 200 && granted.success) return granted.data.token;
      const refused = refusedSchema.safeParse(body);
      const message = refused.success ? refused.data.errors[0]?.message : `answered ${status}`;
      const isRefused = status === 401 || status === 403;
      throw new OutsideError('auth', isRefused ? 'REFUSED' : 'UNEXPECTED', message ?? `answered ${status}`);
    },
  };
}
