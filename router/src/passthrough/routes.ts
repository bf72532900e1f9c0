/** Plain HTTP beside GraphQL: the one table that says which paths go to which service. */
export interface PlainRoute {
  readonly method: 'GET' | 'POST';
  /** Path pattern; `:name` stands for one segment. */
  readonly path: string;
  readonly service: 'agents' | 'auth' | 'design' | 'integrations';
  /** The answer may be long and must not be buffered on its way. */
  readonly streaming: boolean;
  /**
   * How the service knows the caller. `hook` keeps the sender's own authorization header. `link-or-session`: who brings no
   * signature but an access token is known to the service by a context token, for which the access token is exchanged here.
   * `session`: nobody without an access token comes through.
   */
  readonly auth: 'public' | 'link-or-session' | 'session' | 'hook';
  /** What stands behind the `?` is for the browser alone: it goes to no service, and into no log. */
  readonly dropsQuery?: boolean;
  /** For bodies above the usual limit, which take longer on their way too. */
  readonly maxBodyBytes?: number;
}

/** `/internal/*` is in no table: it is reachable inside the platform only. */
export const PLAIN_ROUTES: readonly PlainRoute[] = [
  {
    method: 'GET',
    path: '/.well-known/openid-configuration',
    service: 'auth',
    streaming: false,
    auth: 'public',
  },
  { method: 'GET', path: '/.well-known/jwks.json', service: 'auth', streaming: false, auth: 'public' },
  { method: 'GET', path: '/artifacts/:id', service: 'design', streaming: true, auth: 'link-or-session' },
  {
    method: 'POST',
    path: '/uploads',
    service: 'design',
    streaming: false,
    auth: 'session',
    // A file of 20 MB, and what stands around it.
    maxBodyBytes: 21 * 1024 * 1024,
  },
  { method: 'POST', path: '/hooks/:hookId', service: 'integrations', streaming: false, auth: 'hook' },
  {
    method: 'GET',
    path: '/oauth/callback',
    service: 'integrations',
    streaming: false,
    auth: 'public',
    dropsQuery: true,
  },
  {
    method: 'GET',
    path: '/t/:tenant/agents/:slug/.well-known/agent-card.json',
    service: 'agents',
    streaming: false,
    auth: 'public',
  },
];
