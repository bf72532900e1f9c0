/** Where people sign in at vendors that have one place for all. */
import { z } from 'zod';
import type { OAuthHosts } from '../../adapters/sign-in/oauth-vendors.ts';

const host = (url: string): z.ZodDefault<z.ZodString> =>
  z
    .string()
    .regex(/^https?:\/\/[^/?#@]+$/, 'must be an address without a path')
    .default(url);

export const signInsEnv = {
  ATLASSIAN_AUTH_URL: host('https://auth.atlassian.com').describe(
    'Where people sign in at Jira Cloud, and where its tokens come from; another one in tests alone.',
  ),
  ATLASSIAN_API_URL: host('https://api.atlassian.com').describe(
    'Where the API of Jira Cloud is for those who signed in there; another one in tests alone.',
  ),
  GITHUB_AUTH_URL: host('https://github.com').describe(
    'Where people sign in at github.com; another one in tests alone. That of an Enterprise Server is known by its address.',
  ),
};

export type SignInsEnv = z.output<z.ZodObject<typeof signInsEnv>>;

export function toOAuthHosts(env: SignInsEnv): OAuthHosts {
  return {
    atlassianAuthUrl: env.ATLASSIAN_AUTH_URL,
    atlassianApiUrl: env.ATLASSIAN_API_URL,
    githubAuthUrl: env.GITHUB_AUTH_URL,
  };
}
