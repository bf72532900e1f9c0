/** Which Jira is at the other end: Cloud speaks version 3 of the API, Data Center version 2. */
import { z } from 'zod';
import type { Connection } from '../connection.ts';
import { askJira, type JiraCall } from './jira-request.ts';

export interface JiraSite extends JiraCall {
  readonly edition: 'CLOUD' | 'DATA_CENTER';
}

export type FindJiraSite = (call: JiraCall) => Promise<JiraSite>;

const serverSchema = z.object({
  version: z.string(),
  versionNumbers: z.array(z.number()).optional(),
  /** Absent before Data Center had that name. */
  deploymentType: z.string().optional(),
});

/** Addresses whose edition is remembered: it never changes. */
const MAX_REMEMBERED = 1_000;
const CLOUD_HOST = /\.(atlassian\.net|jira\.com)$/;
const OAUTH_PATH = /\/ex\/jira\/[^/]+$/;

/** The API that tokens of Atlassian's OAuth apps reach is another one than the site's own. */
export function isOfApp({ apiUrl }: Connection): boolean {
  return OAUTH_PATH.test(apiUrl);
}

export function createSiteFinder(): FindJiraSite {
  const remembered = new Map<string, JiraSite['edition']>();
  return async (call) => {
    const { connection } = call;
    const { apiUrl } = connection;
    if (isOfApp(connection) || CLOUD_HOST.test(new URL(apiUrl).hostname))
      return { ...call, edition: 'CLOUD' };
    const known = remembered.get(apiUrl);
    if (known !== undefined) return { ...call, edition: known };
    const { edition } = await readServer(call);
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(apiUrl, edition);
    return { ...call, edition };
  };
}

/** Asked anew: Data Center is upgraded now and then. */
export async function readServer(
  call: JiraCall,
): Promise<{ readonly edition: JiraSite['edition']; readonly majorVersion: number }> {
  const server = await askJira(call, { path: 'rest/api/2/serverInfo' }, serverSchema);
  return {
    edition: server.deploymentType === 'Cloud' ? 'CLOUD' : 'DATA_CENTER',
    majorVersion: server.versionNumbers?.[0] ?? Number.parseInt(server.version, 10),
  };
}

/** A path of the API in the version that the site speaks. */
export function apiPath({ edition }: JiraSite, path: string): string {
  return `rest/api/${edition === 'CLOUD' ? '3' : '2'}/${path}`;
}
