/** Webhooks of a Jira: of an OAuth app in Cloud, where they end after 30 days; of the administration in Data Center. */
import { z } from 'zod';
import type { Connection } from '../connection.ts';
import { ConnectorError, orNullWhenMissing } from '../connector-error.ts';
import type { WebhookRegistrar, WebhookRegistration } from '../connector.ts';
import { FIRST_SIGNING_RELEASE, WEBHOOKS_UNSIGNED, WEBHOOK_BY_HAND } from './jira-check.ts';
import { askJira, tellJira, type JiraCall } from './jira-request.ts';
import { isOfApp, readServer, type FindJiraSite } from './jira-site.ts';
import { toProjectJql } from './jql.ts';

type Wanted = Parameters<WebhookRegistrar['register']>[1];

const EVENTS = ['jira:issue_created', 'jira:issue_updated', 'jira:issue_deleted', 'comment_created'];
const NAME = 'Flowgrid';
const PAGE_SIZE = 100;
/** An app has five of them for each person; more pages than these are another API's. */
const MAX_PAGES = 20;

const GONE = 'The webhook is no longer there. Register it again.';

export function createJiraWebhooks(findSite: FindJiraSite): WebhookRegistrar {
  return {
    signing: async (connection, signal) => {
      const site = await findSite({ connection, signal });
      if (site.edition === 'DATA_CENTER') return 'HMAC_SHA256';
      requireApp(connection);
      return 'BEARER_JWT';
    },
    register: async (connection, wanted, signal) => {
      const site = await findSite({ connection, signal });
      return site.edition === 'CLOUD' ? registerInCloud(site, wanted) : registerInDataCenter(site, wanted);
    },
    refresh: async (connection, registration, signal) => {
      const site = await findSite({ connection, signal });
      if (site.edition === 'CLOUD') return refreshInCloud(site, registration);
      const path = `${DATA_CENTER_PATH}/${toId(registration)}`;
      const found = await orNullWhenMissing(askJira(site, { path }, dataCenterSchema));
      if (found === null) throw new ConnectorError(GONE, { status: 404 });
      return registration;
    },
    remove: async (connection, registration, signal) => {
      const site = await findSite({ connection, signal });
      if (site.edition === 'CLOUD') return removeInCloud(site, registration);
      const path = `${DATA_CENTER_PATH}/${toId(registration)}`;
      await orNullWhenMissing(tellJira(site, { method: 'DELETE', path }));
    },
  };
}

function requireApp(connection: Connection): void {
  if (!isOfApp(connection)) throw new ConnectorError(WEBHOOK_BY_HAND);
}

/** Ids are numbers in both editions: nothing else comes into a path. */
function toId({ id }: WebhookRegistration): number {
  if (!/^\d{1,15}$/.test(id)) throw new ConnectorError(GONE, { status: 404 });
  return Number(id);
}

const CLOUD_PATH = 'rest/api/3/webhook';
const registeredSchema = z.object({
  webhookRegistrationResult: z.array(z.object({ createdWebhookId: z.number().optional() })),
});
const refreshedSchema = z.object({ expirationDate: z.string() });
const cloudPageSchema = z.object({
  values: z.array(z.object({ id: z.number(), jqlFilter: z.string(), url: z.string().optional() })),
  isLast: z.boolean().optional(),
});
type CloudWebhook = z.output<typeof cloudPageSchema>['values'][number];

async function registerInCloud(call: JiraCall, { url, scope }: Wanted): Promise<WebhookRegistration> {
  requireApp(call.connection);
  // The filter of such a webhook knows no "everything".
  if (scope === null) throw new ConnectorError('A webhook of Jira is about one project: enter its key.');
  const jqlFilter = toProjectJql(scope);
  const present = await findInCloud(
    call,
    (webhook) => webhook.jqlFilter === jqlFilter && webhook.url === url,
  );
  const id = String(present?.id ?? (await postToCloud(call, { url, jqlFilter })));
  const registration = { id, scope, expiresAt: null };
  try {
    return await refreshInCloud(call, registration);
  } catch (error) {
    // Nobody would refresh it: it is taken back, as far as Jira can still be reached.
    if (present === null) await removeInCloud(call, registration).catch(() => undefined);
    throw error;
  }
}

async function postToCloud(
  call: JiraCall,
  { url, jqlFilter }: { readonly url: string; readonly jqlFilter: string },
): Promise<number> {
  const body = { url, webhooks: [{ jqlFilter, events: EVENTS }] };
  const answer = await askJira(call, { method: 'POST', path: CLOUD_PATH, body }, registeredSchema);
  const id = answer.webhookRegistrationResult[0]?.createdWebhookId;
  if (id !== undefined) return id;
  throw new ConnectorError(
    'Jira refuses the webhook. Check that the project is there; an OAuth app may have five webhooks, all with one address.',
  );
}

async function findInCloud(
  call: JiraCall,
  isWanted: (webhook: CloudWebhook) => boolean,
): Promise<CloudWebhook | null> {
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const parameters = new URLSearchParams({
      startAt: String(page * PAGE_SIZE),
      maxResults: String(PAGE_SIZE),
    });
    const path = `${CLOUD_PATH}?${parameters.toString()}`;
    const { values, isLast } = await askJira(call, { path }, cloudPageSchema);
    const found = values.find(isWanted);
    if (found) return found;
    if (isLast !== false || values.length === 0) return null;
  }
  return null;
}

/** Jira says nothing of ids that it does not know: they are looked for. */
async function refreshInCloud(
  call: JiraCall,
  registration: WebhookRegistration,
): Promise<WebhookRegistration> {
  const id = toId(registration);
  const request = { method: 'PUT', path: `${CLOUD_PATH}/refresh`, body: { webhookIds: [id] } } as const;
  const { expirationDate } = await askJira(call, request, refreshedSchema);
  const found = await findInCloud(call, (webhook) => webhook.id === id);
  const expiresAt = new Date(expirationDate);
  if (found === null || Number.isNaN(expiresAt.getTime())) throw new ConnectorError(GONE, { status: 404 });
  return { ...registration, expiresAt };
}

async function removeInCloud(call: JiraCall, registration: WebhookRegistration): Promise<void> {
  const body = { webhookIds: [toId(registration)] };
  await orNullWhenMissing(tellJira(call, { method: 'DELETE', path: CLOUD_PATH, body }));
}

/** Of release 10 and later, the first whose webhooks are signed. */
const DATA_CENTER_PATH = 'rest/jira-webhook/1.0/webhooks';
const dataCenterSchema = z.object({ id: z.number(), url: z.string() });

async function registerInDataCenter(
  call: JiraCall,
  { url, secret, scope }: Wanted,
): Promise<WebhookRegistration> {
  const filters = { 'issue-related-events-section': scope === null ? '' : toProjectJql(scope) };
  const { majorVersion } = await readServer(call);
  if (majorVersion < FIRST_SIGNING_RELEASE) throw new ConnectorError(WEBHOOKS_UNSIGNED);
  try {
    const present = await askJira(call, { path: DATA_CENTER_PATH }, z.array(dataCenterSchema));
    const same = present.find((webhook) => webhook.url === url);
    // Its secret is not known: that of the hook takes its place.
    const path = same === undefined ? DATA_CENTER_PATH : `${DATA_CENTER_PATH}/${same.id}`;
    const configuration = { SECRET: secret, EXCLUDE_BODY: 'false' };
    const body = { name: NAME, url, events: EVENTS, active: true, filters, configuration };
    const method = same === undefined ? 'POST' : 'PUT';
    const made = await askJira(call, { method, path, body }, dataCenterSchema);
    return { id: String(made.id), scope, expiresAt: null };
  } catch (error) {
    if (!(error instanceof ConnectorError) || error.status !== 403) throw error;
    throw new ConnectorError('Webhooks of Jira need the permission "Administer Jira" (403).', {
      status: 403,
    });
  }
}
