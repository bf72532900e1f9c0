/** Webhooks of a repository or an organization. */
import type { Octokit } from '@octokit/rest';
import { z } from 'zod';
import type { Connection } from '../connection.ts';
import { ConnectorError } from '../connector-error.ts';
import type { WebhookRegistrar, WebhookRegistration } from '../connector.ts';
import { askGitHub, isRefusal, parseAnswer } from './github-client.ts';
import { redeliverFailed, type DeliveriesOfHook } from './github-redelivery.ts';
import { parseRepository } from './github-repositories.ts';

/** What `adapters/hooks` reads. */
const EVENTS = ['issues', 'issue_comment', 'pull_request'];
const ORGANIZATION = /^[A-Za-z0-9][A-Za-z0-9-]{0,38}$/;
const PAGE = 100;
const MAX_PAGES = 10;
const WORDS = {
  missing:
    'GitHub has no such repository or organization, or the credential may not manage its webhooks (404).',
  refused: 'GitHub does not take this webhook (422). It accepts addresses that it can reach alone.',
} as const;

const hookSchema = z.object({
  id: z.number(),
  config: z.object({ url: z.string().optional() }),
});

/** The hooks of one place, as both kinds of places have them. */
interface HooksOfPlace {
  readonly list: (page: number) => Promise<{ readonly data: unknown }>;
  readonly create: (config: HookConfig) => Promise<{ readonly data: unknown }>;
  /** Without a config the one that is there stays. */
  readonly update: (id: number, config: HookConfig | null) => Promise<{ readonly data: unknown }>;
  readonly ping: (id: number) => Promise<unknown>;
  readonly remove: (id: number) => Promise<unknown>;
  readonly deliveries: (id: number) => DeliveriesOfHook;
}

interface HookConfig {
  readonly url: string;
  readonly secret: string;
  readonly content_type: 'json';
  readonly insecure_ssl: '0';
}

export const githubWebhooks: WebhookRegistrar = {
  signing: async () => 'HMAC_SHA256',
  register: (connection, { url, secret, scope }, signal) =>
    withHooks(connection, { scope, signal }, async (hooks) => {
      const config: HookConfig = { url, secret, content_type: 'json', insecure_ssl: '0' };
      const present = await findByUrl(hooks, url);
      const { data } = await (present === null ? hooks.create(config) : hooks.update(present, config));
      return toRegistration(parseAnswer(hookSchema, data).id, scope);
    }),
  refresh: (connection, { id, scope }, signal) =>
    withHooks(connection, { scope, signal }, async (hooks) => {
      try {
        // GitHub may have turned it off; a ping shows there whether it arrives again.
        await hooks.update(Number(id), null);
        await hooks.ping(Number(id));
      } catch (error) {
        if (!isRefusal(error, [404])) throw error;
        throw new ConnectorError('The webhook was removed at GitHub. Register it again.', { status: 404 });
      }
      return toRegistration(Number(id), scope);
    }),
  remove: (connection, { id, scope }, signal) =>
    withHooks(connection, { scope, signal }, async (hooks) => {
      try {
        await hooks.remove(Number(id));
      } catch (error) {
        if (!isRefusal(error, [404])) throw error;
      }
    }),
  redeliver: (connection, { id, scope }, signal) =>
    withHooks(connection, { scope, signal }, (hooks) => redeliverFailed(hooks.deliveries(Number(id)))),
};

function toRegistration(id: number, scope: string | null): WebhookRegistration {
  return { id: String(id), scope, expiresAt: null };
}

async function withHooks<Result>(
  connection: Connection,
  { scope, signal }: { readonly scope: string | null; readonly signal: AbortSignal },
  work: (hooks: HooksOfPlace) => Promise<Result>,
): Promise<Result> {
  const place = scope === null ? null : parseRepository(scope);
  const org = scope !== null && ORGANIZATION.test(scope) ? scope : null;
  if (place === null && org === null) {
    throw new ConnectorError(
      'GitHub has webhooks per repository or organization: name an "owner/repository" or an organization.',
    );
  }
  return askGitHub(
    connection,
    signal,
    (octokit) => work(place === null ? ofOrganization(octokit, org ?? '') : ofRepository(octokit, place)),
    WORDS,
  );
}

function ofRepository(octokit: Octokit, place: { owner: string; repo: string }): HooksOfPlace {
  const { repos } = octokit.rest;
  return {
    list: (page) => repos.listWebhooks({ ...place, per_page: PAGE, page }),
    create: (config) =>
      repos.createWebhook({ ...place, name: 'web', active: true, events: EVENTS, config: { ...config } }),
    update: (hook_id, config) =>
      repos.updateWebhook({
        ...place,
        hook_id,
        active: true,
        events: EVENTS,
        ...(config && { config: { ...config } }),
      }),
    ping: (hook_id) => repos.pingWebhook({ ...place, hook_id }),
    remove: (hook_id) => repos.deleteWebhook({ ...place, hook_id }),
    deliveries: (hook_id) => ({
      list: (cursor) =>
        repos.listWebhookDeliveries({
          ...place,
          hook_id,
          per_page: PAGE,
          ...(cursor !== null && { cursor }),
        }),
      redeliver: (id) =>
        octokit.request(`POST /repos/{owner}/{repo}/hooks/{hook_id}/deliveries/${id}/attempts`, {
          ...place,
          hook_id,
        }),
    }),
  };
}

function ofOrganization(octokit: Octokit, org: string): HooksOfPlace {
  const { orgs } = octokit.rest;
  return {
    list: (page) => orgs.listWebhooks({ org, per_page: PAGE, page }),
    create: (config) =>
      orgs.createWebhook({ org, name: 'web', active: true, events: EVENTS, config: { ...config } }),
    update: (hook_id, config) =>
      orgs.updateWebhook({
        org,
        hook_id,
        active: true,
        events: EVENTS,
        ...(config && { config: { ...config } }),
      }),
    ping: (hook_id) => orgs.pingWebhook({ org, hook_id }),
    remove: (hook_id) => orgs.deleteWebhook({ org, hook_id }),
    deliveries: (hook_id) => ({
      list: (cursor) =>
        orgs.listWebhookDeliveries({ org, hook_id, per_page: PAGE, ...(cursor !== null && { cursor }) }),
      redeliver: (id) =>
        octokit.request(`POST /orgs/{org}/hooks/{hook_id}/deliveries/${id}/attempts`, { org, hook_id }),
    }),
  };
}

/** One address is registered once: whoever registers again gives the hook that is there a new secret. */
async function findByUrl(hooks: HooksOfPlace, url: string): Promise<number | null> {
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const { data } = await hooks.list(page);
    const listed = parseAnswer(z.array(hookSchema), data);
    const present = listed.find(({ config }) => config.url === url);
    if (present) return present.id;
    if (listed.length < PAGE) return null;
  }
  return null;
}
