/** Whose token it is, what it shows, and how an app gets one. */
import { verify } from 'node:crypto';
import { created, notFound, ok, page, problem, type Answer, type GitHubRequest } from './answers.ts';
import { answerHooks } from './repository-routes.ts';
import { isVisible } from './rights.ts';
import type { Call, Route } from './routes.ts';
import { repositoryShape, userShape } from './shapes.ts';
import type { GitHubState, Repository } from './state.ts';

const HOUR_MS = 60 * 60 * 1000;
const MAX_JWT_SECONDS = 600;
const CLOCK_SKEW_SECONDS = 60;

export const ACCOUNT_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    pattern: /^\/user$/,
    answer: ({ account }) =>
      account.kind === 'INSTALLATION'
        ? problem(403, 'Resource not accessible by integration')
        : ok({ ...userShape(account.login), name: account.login, company: null, plan: { name: 'free' } }),
  },
  {
    method: 'GET',
    pattern: /^\/user\/repos$/,
    answer: (call) =>
      call.account.kind === 'INSTALLATION'
        ? problem(403, 'Resource not accessible by integration')
        : page(call.request, repositoriesOf(call), toShape(call)),
  },
  {
    method: 'GET',
    pattern: /^\/installation\/repositories$/,
    answer: (call) =>
      call.account.kind === 'INSTALLATION'
        ? page(call.request, repositoriesOf(call), toShape(call), (repositories) => ({
            total_count: repositoriesOf(call).length,
            repository_selection: call.state.app.repositories === null ? 'all' : 'selected',
            repositories,
          }))
        : problem(403, 'You must authenticate with an installation access token'),
  },
  {
    method: 'GET',
    pattern: /^\/orgs\/([^/]+)(\/hooks)$/,
    answer: ofOrganization,
  },
  { method: 'POST', pattern: /^\/orgs\/([^/]+)(\/hooks)$/, answer: ofOrganization },
  { method: 'PATCH', pattern: /^\/orgs\/([^/]+)(\/hooks\/\d+)$/, answer: ofOrganization },
  { method: 'DELETE', pattern: /^\/orgs\/([^/]+)(\/hooks\/\d+)$/, answer: ofOrganization },
  { method: 'POST', pattern: /^\/orgs\/([^/]+)(\/hooks\/\d+\/pings)$/, answer: ofOrganization },
  { method: 'GET', pattern: /^\/orgs\/([^/]+)(\/hooks\/\d+\/deliveries)$/, answer: ofOrganization },
  {
    method: 'POST',
    pattern: /^\/orgs\/([^/]+)(\/hooks\/\d+\/deliveries\/\d+\/attempts)$/,
    answer: ofOrganization,
  },
];

function repositoriesOf({ state, account }: Call): readonly Repository[] {
  return [...state.repositories.values()].filter(
    (repository) =>
      isVisible(account, repository) &&
      (account.kind === 'INSTALLATION' ||
        repository.roles.has(account.login) ||
        repository.owner === account.login),
  );
}

function toShape({ account, request }: Call): (repository: Repository) => unknown {
  return (repository) => repositoryShape(repository, request.root, account);
}

function ofOrganization({ request, state, account, parts }: Call): Answer {
  const [organization = '', path = ''] = parts;
  const mayManage =
    account.kind === 'CLASSIC'
      ? account.scopes.includes('admin:org_hook')
      : account.permissions['organization_hooks'] === 'write';
  const hooks = state.organizationHooks.get(organization.toLowerCase());
  if (hooks === undefined || !mayManage) return notFound;
  return answerHooks(request, { state, place: `${request.root}/orgs/${organization}`, hooks, path });
}

/** Requests that an app signs with its key; null for others. */
export function answerApp(request: GitHubRequest, state: GitHubState): Answer | null {
  const { app } = state;
  if (!/^\/app(\/|$)/.test(request.path)) return null;
  if (!isSignedByApp(request.authorization, state)) {
    return problem(401, 'A JSON web token could not be decoded');
  }
  if (request.method === 'GET' && request.path === '/app') {
    return ok({ id: app.id, slug: 'flowgrid', name: 'Flowgrid', permissions: app.permissions, events: [] });
  }
  const [, id] = /^\/app\/installations\/(\d+)\/access_tokens$/.exec(request.path) ?? [];
  if (request.method !== 'POST' || Number(id) !== app.installationId) return notFound;
  const { permissions, repositories } = app;
  const token = state.addAccount(
    { kind: 'INSTALLATION', login: 'flowgrid[bot]', permissions, repositories },
    `ghs_${crypto.randomUUID().replaceAll('-', '')}`,
  );
  return created({
    token,
    expires_at: new Date(Date.now() + HOUR_MS).toISOString(),
    permissions,
    repository_selection: repositories === null ? 'all' : 'selected',
  });
}

function isSignedByApp(authorization: string, { app }: GitHubState): boolean {
  const [head = '', claims = '', signature = ''] = authorization.replace(/^bearer /i, '').split('.');
  const { alg } = toObject(head);
  const { iss, iat, exp } = toObject(claims);
  const now = Math.floor(Date.now() / 1000);
  if (alg !== 'RS256' || String(iss) !== String(app.id)) return false;
  if (typeof iat !== 'number' || typeof exp !== 'number') return false;
  if (iat > now + CLOCK_SKEW_SECONDS || exp <= now || exp > now + MAX_JWT_SECONDS + CLOCK_SKEW_SECONDS) {
    return false;
  }
  const signed = Buffer.from(`${head}.${claims}`);
  return verify('RSA-SHA256', signed, app.publicKey, Buffer.from(signature, 'base64url'));
}

function toObject(part: string): Readonly<Record<string, unknown>> {
  try {
    return Object.fromEntries(Object.entries(JSON.parse(Buffer.from(part, 'base64url').toString()) ?? {}));
  } catch {
    // Whatever is no token has no claims.
    return {};
  }
}
