/** What a process needs to sign in at connected systems. */
import { SignIns } from './sign-ins.ts';
import { toOAuthHosts, type SignInsEnv } from './sign-ins-env.ts';
import { TokenKeeper, type TokenKeeperOptions } from './token-keeper.ts';

export interface OpenedSignIns extends AsyncDisposable {
  readonly signIns: SignIns;
  readonly keeper: TokenKeeper;
}

/** The caller disposes of it: what is under way is stored first. */
export function openSignIns(env: SignInsEnv, tools: TokenKeeperOptions): OpenedSignIns {
  const keeper = new TokenKeeper(tools);
  const signIns = new SignIns({ keeper, clock: tools.clock, hosts: toOAuthHosts(env) });
  return { signIns, keeper, [Symbol.asyncDispose]: () => keeper[Symbol.asyncDispose]() };
}
