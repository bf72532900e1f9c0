/** The endpoints of a fake Jira that are about webhooks. */
import { z } from 'zod';
import { refuse, type JiraAnswer, type JiraRequest } from './jira-endpoints.ts';
import { nextId, toJiraTime, type JiraWebhook, type JiraWorld } from './jira-world.ts';

const LIFE_MS = 30 * 24 * 60 * 60_000;
const MAX_PER_APP = 5;

const cloudSchema = z.object({
  url: z.url(),
  webhooks: z.array(z.object({ jqlFilter: z.string().min(1), events: z.array(z.string()).min(1) })),
});
const idsSchema = z.object({ webhookIds: z.array(z.number()) });

/** `/rest/api/3/webhook` of Cloud. */
export function answerCloudWebhooks(world: JiraWorld, request: JiraRequest): JiraAnswer {
  const { account, method, path, body, query } = request;
  if (account.scopes === null)
    return refuse(403, ['Only Connect and OAuth 2.0 apps can use this operation.']);
  if (!account.scopes.includes('manage:jira-webhook'))
    return { status: 401, body: { code: 401, message: 'Unauthorized; scope does not match' } };
  dropEnded(world);
  if (method === 'POST' && path === 'webhook') return registerInCloud(world, body);
  if (method === 'PUT' && path === 'webhook/refresh') return refreshInCloud(world, body);
  if (method === 'DELETE' && path === 'webhook') {
    remove(world, idsSchema.parse(body).webhookIds);
    return { status: 202 };
  }
  if (method !== 'GET') return { status: 405 };
  const startAt = Number(query.get('startAt') ?? 0);
  const maxResults = Number(query.get('maxResults') ?? 100);
  const values = world.webhooks
    .slice(startAt, startAt + maxResults)
    .map(({ id, url, jql, events, expiresAt }) => ({
      id,
      url,
      jqlFilter: jql,
      events,
      expirationDate: toJiraTime(expiresAt ?? 0, 'UTC'),
    }));
  const total = world.webhooks.length;
  return {
    status: 200,
    body: { startAt, maxResults, total, isLast: startAt + values.length >= total, values },
  };
}

function dropEnded(world: JiraWorld): void {
  const ended = world.webhooks.filter(({ expiresAt }) => (expiresAt ?? Infinity) <= world.now());
  remove(
    world,
    ended.map(({ id }) => id),
  );
}

function remove(world: JiraWorld, ids: readonly number[]): void {
  for (const id of ids) {
    const index = world.webhooks.findIndex((webhook) => webhook.id === id);
    if (index >= 0) world.webhooks.splice(index, 1);
  }
}

function registerInCloud(world: JiraWorld, body: unknown): JiraAnswer {
  const parsed = cloudSchema.safeParse(body);
  if (!parsed.success) return refuse(400, ['The webhooks are invalid.']);
  const { url, webhooks } = parsed.data;
  const webhookRegistrationResult = webhooks.map(({ jqlFilter, events }) => {
    const project = /^project = "([A-Z][A-Z0-9_]*)"$/.exec(jqlFilter)?.[1];
    if (project === undefined || !world.projects.has(project))
      return { errors: ['The JQL filter is invalid.'] };
    if (world.webhooks.some((webhook) => webhook.url !== url))
      return { errors: ['Only a single URL per app is allowed to be registered via REST API.'] };
    if (world.webhooks.length >= MAX_PER_APP) return { errors: ['The limit of webhooks is reached.'] };
    const made: JiraWebhook = {
      id: nextId(),
      url,
      jql: jqlFilter,
      events,
      secret: null,
      expiresAt: world.now() + LIFE_MS,
    };
    world.webhooks.push(made);
    return { createdWebhookId: made.id };
  });
  return { status: 200, body: { webhookRegistrationResult } };
}

function refreshInCloud(world: JiraWorld, body: unknown): JiraAnswer {
  const { webhookIds } = idsSchema.parse(body);
  const expiresAt = world.now() + LIFE_MS;
  // Those that it does not know are passed over.
  for (const webhook of world.webhooks) if (webhookIds.includes(webhook.id)) webhook.expiresAt = expiresAt;
  return { status: 200, body: { expirationDate: toJiraTime(expiresAt, 'UTC') } };
}

const dataCenterSchema = z.object({
  name: z.string().min(1),
  url: z.url(),
  events: z.array(z.string()).min(1),
  filters: z.record(z.string(), z.string()).optional(),
  excludeBody: z.boolean().optional(),
  active: z.boolean().optional(),
  /** Of release 10 and later; elsewhere a secret is passed over, and nothing is signed. */
  configuration: z.object({ SECRET: z.string().optional(), EXCLUDE_BODY: z.string().optional() }).optional(),
});

const paths = {
  old: /^\/rest\/webhooks\/1\.0\/webhook(?:\/(\d+))?$/,
  new: /^\/rest\/jira-webhook\/1\.0\/webhooks(?:\/(\d+))?$/,
};

/** The administration's webhooks of Data Center; null for another path. */
export function answerDataCenterWebhooks(world: JiraWorld, request: JiraRequest): JiraAnswer | null {
  const isNew = world.majorVersion >= 10;
  const found = (isNew ? paths.new : paths.old).exec(request.path);
  if (!found || world.edition !== 'DATA_CENTER') return null;
  const { account, method, body } = request;
  if (!account.permissions.has('ADMINISTER'))
    return refuse(403, [
      'You are not authorized to perform this operation. Administrator privileges are required.',
    ]);
  const toBody = ({ id, url, jql, events }: JiraWebhook): object => ({
    name: 'Flowgrid',
    url,
    events,
    filters: { 'issue-related-events-section': jql },
    enabled: true,
    ...(isNew ? { id } : { self: `https://jira.example.test/rest/webhooks/1.0/webhook/${id}` }),
  });
  const id = found[1] === undefined ? null : Number(found[1]);
  if (id === null && method === 'GET') return { status: 200, body: world.webhooks.map(toBody) };
  const webhook = world.webhooks.find((candidate) => candidate.id === id);
  if (id !== null && !webhook) return refuse(404, ['The webhook does not exist.']);
  if ((id === null && method === 'POST') || method === 'PUT') {
    const parsed = dataCenterSchema.safeParse(body);
    if (!parsed.success) return refuse(400, ['The webhook is invalid.']);
    const { url, events, filters, configuration } = parsed.data;
    const jql = filters?.['issue-related-events-section'] ?? '';
    const secret = isNew ? (configuration?.SECRET ?? null) : null;
    const made: JiraWebhook = { id: webhook?.id ?? nextId(), url, jql, events, secret, expiresAt: null };
    if (webhook) remove(world, [webhook.id]);
    world.webhooks.push(made);
    return { status: webhook ? 200 : 201, body: toBody(made) };
  }
  if (!webhook) return { status: 405 };
  if (method === 'GET') return { status: 200, body: toBody(webhook) };
  if (method !== 'DELETE') return { status: 405 };
  remove(world, [webhook.id]);
  return { status: 204 };
}
