/** What a process needs to sign in at connected systems. */
import type { OAuthHosts } from '../../adapters/sign-in/oauth-vendors.ts';
import { SignIns } from './sign-ins.ts';
import { toOAuthHosts, type SignInsEnv } from './sign-ins-env.ts';
import { TokenKeeper, type TokenKeeperOptions } from './token-keeper.ts';

export interface OpenedSignIns extends AsyncDisposable {
  readonly signIns: SignIns;
  readonly keeper: TokenKeeper;
  readonly hosts: OAuthHosts;
}

/** The caller disposes of it: what is under way is stored first. */
export function openSignIns(env: SignInsEnv, tools: TokenKeeperOptions): OpenedSignIns {
  const keeper = new TokenKeeper(tools);
  const hosts = toOAuthHosts(env);
  const signIns = new SignIns({ keeper, clock: tools.clock, hosts });
  return { signIns, keeper, hosts, [Symbol.asyncDispose]: () => keeper[Symbol.asyncDispose]() };
}
