/** Tokens of a GitHub App for one of its installations. */
import { createPrivateKey, sign } from 'node:crypto';
import type { OutboundFetch } from '@flowgrid/outbound';
import { z } from 'zod';
import { below, requestJson } from '../json-request.ts';
import type { Tokens } from './token-endpoint.ts';

export interface GitHubApp {
  readonly baseUrl: string;
  readonly appId: string;
  readonly installationId: string;
  readonly privateKey: string;
}

const answerSchema = z.object({
  token: z.string().regex(/^[\u0021-\u007e]+$/),
  expires_at: z.iso.datetime({ offset: true }),
});
/** GitHub takes ten minutes at most; its clock may be behind. */
const LIFE_SECONDS = 8 * 60;
const CLOCK_SKEW_SECONDS = 60;
/** Of the hour that GitHub gives, so that no request is under way when it ends. */
const MAX_TOKEN_LIFE_MS = 55 * 60 * 1000;

/** @throws ConnectorError or OutboundError */
export async function requestInstallationToken(
  fetch: OutboundFetch,
  app: GitHubApp,
  { now, signal }: { readonly now: Date; readonly signal: AbortSignal },
): Promise<Tokens> {
  const answer = await requestJson(
    fetch,
    {
      url: below(app.baseUrl, `app/installations/${app.installationId}/access_tokens`),
      method: 'POST',
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${appToken(app, now)}`,
        'user-agent': 'Flowgrid',
      },
      signal,
    },
    {
      system: 'GitHub',
      notFoundHint: 'The app has no installation of this id.',
      schema: answerSchema,
    },
  );
  const expiresAt = Math.min(Date.parse(answer.expires_at), now.getTime() + MAX_TOKEN_LIFE_MS);
  return { accessToken: answer.token, refreshToken: null, expiresAt: new Date(expiresAt) };
}

/** A JSON web token by which the app says who it is (RFC 7519, RS256). */
export function appToken({ appId, privateKey }: Pick<GitHubApp, 'appId' | 'privateKey'>, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000);
  const claims = { iat: seconds - CLOCK_SKEW_SECONDS, exp: seconds + LIFE_SECONDS, iss: appId };
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(content), createPrivateKey(privateKey));
  return `${content}.${signature.toString('base64url')}`;
}
