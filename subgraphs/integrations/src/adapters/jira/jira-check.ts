/** What the rights at a Jira allow: those of the person, and the scopes of the app that acts for them. */
import { z } from 'zod';
import type { Connection } from '../connection.ts';
import { ConnectorError, toLogin, unreadableAnswer } from '../connector-error.ts';
import type { Capability, CapabilityCheck, ConnectionCheck } from '../connector.ts';
import { askJira, JIRA, type JiraCall } from './jira-request.ts';
import { apiPath, isOfApp, readServer, type JiraSite } from './jira-site.ts';

export const JIRA_CAPABILITIES = [
  'READ_ITEMS',
  'CREATE_ITEMS',
  'COMMENT',
  'TRANSITION',
  'SYNC',
  'WEBHOOKS',
] as const satisfies readonly Capability[];
type JiraCapability = (typeof JIRA_CAPABILITIES)[number];

/** Permissions as Jira's administration calls them; null where another thing decides. */
const PERMISSIONS = {
  READ_ITEMS: { id: 'BROWSE_PROJECTS', name: 'Browse Projects' },
  CREATE_ITEMS: { id: 'CREATE_ISSUES', name: 'Create Issues' },
  COMMENT: { id: 'ADD_COMMENTS', name: 'Add Comments' },
  TRANSITION: { id: 'TRANSITION_ISSUES', name: 'Transition Issues' },
  SYNC: { id: 'BROWSE_PROJECTS', name: 'Browse Projects' },
  WEBHOOKS: { id: 'ADMINISTER', name: 'Administer Jira' },
} as const satisfies Record<JiraCapability, { id: string; name: string }>;

const SCOPES = {
  READ_ITEMS: 'read:jira-work',
  CREATE_ITEMS: 'write:jira-work',
  COMMENT: 'write:jira-work',
  TRANSITION: 'write:jira-work',
  SYNC: 'read:jira-work',
  WEBHOOKS: 'manage:jira-webhook',
} as const satisfies Record<JiraCapability, string>;
/** `read:issue:jira` and the like: many small scopes instead of a large one. */
const SMALL_SCOPE = /^[a-z]+:[a-z.-]+:jira$/;

export const WEBHOOK_BY_HAND =
  'Jira lets OAuth apps alone register webhooks by its API. Sign in by OAuth, or make one by hand: Jira settings, System, ' +
  'WebHooks, with the address and the secret of the hook.';

export const FIRST_SIGNING_RELEASE = 10;
export const WEBHOOKS_UNSIGNED =
  'Jira Data Center signs its webhooks from release 10 on; those of this one could not be told from forgeries. Upgrade it, or ' +
  'follow the project by a sync.';

const accountSchema = z
  .object({
    accountId: z.string().optional(),
    name: z.string().optional(),
    emailAddress: z.string().optional(),
    displayName: z.string().optional(),
  })
  .refine(({ accountId, name }) => Boolean(accountId ?? name));
const permissionsSchema = z.object({
  permissions: z.record(z.string(), z.object({ havePermission: z.boolean() })),
});
const sitesSchema = z.array(z.object({ id: z.string(), scopes: z.array(z.string()) }));

export async function checkJira(site: JiraSite): Promise<ConnectionCheck> {
  const account = await askJira(site, { path: apiPath(site, 'myself') }, accountSchema);
  const { emailAddress, name, displayName, accountId } = account;
  // The e-mail address is absent where its owner hides it.
  const login = toLogin((name || emailAddress || displayName || accountId) ?? '');
  if (login === '') throw unreadableAnswer(JIRA.system);
  const held = await readPermissions(site);
  const scopes = isOfApp(site.connection) ? await readScopes(site) : null;
  const unsigned = site.edition === 'DATA_CENTER' ? await missingSignature(site) : null;
  const toCheck = (capability: JiraCapability): CapabilityCheck => {
    const missing =
      (capability === 'WEBHOOKS' ? unsigned : null) ??
      (capability === 'WEBHOOKS' && site.edition === 'CLOUD'
        ? missingForCloudWebhooks(site.connection, scopes)
        : missingOf(capability, { held, scopes }));
    if (missing === null) return { capability, status: 'AVAILABLE', missing };
    return missing === UNKNOWN
      ? { capability, status: 'UNKNOWN', missing: null }
      : { capability, status: 'MISSING', missing };
  };
  return { login, permissions: scopes ?? [], capabilities: JIRA_CAPABILITIES.map(toCheck) };
}

async function missingSignature(call: JiraCall): Promise<string | null> {
  const { majorVersion } = await readServer(call);
  return majorVersion < FIRST_SIGNING_RELEASE ? WEBHOOKS_UNSIGNED : null;
}

/** What cannot be known before it is tried. */
const UNKNOWN = Symbol('unknown');

function missingOf(
  capability: JiraCapability,
  { held, scopes }: { readonly held: ReadonlySet<string>; readonly scopes: readonly string[] | null },
): string | typeof UNKNOWN | null {
  const { id, name } = PERMISSIONS[capability];
  if (!held.has(id)) return `Grant the permission "${name}"${id === 'ADMINISTER' ? '' : ' in a project'}.`;
  return scopes === null ? null : missingScope(SCOPES[capability], scopes);
}

function missingForCloudWebhooks(
  connection: Connection,
  scopes: readonly string[] | null,
): string | typeof UNKNOWN | null {
  if (!isOfApp(connection)) return WEBHOOK_BY_HAND;
  return scopes === null ? UNKNOWN : missingScope(SCOPES.WEBHOOKS, scopes);
}

function missingScope(scope: string, scopes: readonly string[]): string | typeof UNKNOWN | null {
  if (scopes.includes(scope)) return null;
  return scopes.some((held) => SMALL_SCOPE.test(held))
    ? UNKNOWN
    : `Grant the OAuth app the scope "${scope}".`;
}

/** Permissions in projects are held when they are held in any. */
async function readPermissions(site: JiraSite): Promise<ReadonlySet<string>> {
  const ids = [...new Set(Object.values(PERMISSIONS).map(({ id }) => id))];
  const path = apiPath(
    site,
    `mypermissions?${new URLSearchParams({ permissions: ids.join(',') }).toString()}`,
  );
  const { permissions } = await askJira(site, { path }, permissionsSchema);
  return new Set(ids.filter((id) => permissions[id]?.havePermission === true));
}

/** Those of the app at this site; null where Atlassian does not tell, as for tokens of people. */
async function readScopes(call: JiraCall): Promise<readonly string[] | null> {
  const { apiUrl } = call.connection;
  const siteId = apiUrl.slice(apiUrl.lastIndexOf('/') + 1);
  const connection = { ...call.connection, apiUrl: new URL(apiUrl).origin };
  try {
    const sites = await askJira(
      { ...call, connection },
      { path: 'oauth/token/accessible-resources' },
      sitesSchema,
    );
    return sites.find(({ id }) => id === siteId)?.scopes.map(toLogin) ?? null;
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return null;
  }
}
