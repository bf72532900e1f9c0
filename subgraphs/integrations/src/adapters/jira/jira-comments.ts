import { z } from 'zod';
import { ConnectorError, orNullWhenMissing } from '../connector-error.ts';
import { toItemLine, type ExternalComment } from '../external-item.ts';
import { browseUrl } from './jira-issues.ts';
import { askJira } from './jira-request.ts';
import { apiPath, type JiraSite } from './jira-site.ts';
import { toJiraText } from './jira-text.ts';

const commentSchema = z.object({ id: z.union([z.string(), z.number()]) });

/** Null for an issue that is not there. */
export function addIssueComment(site: JiraSite, key: string, text: string): Promise<ExternalComment | null> {
  if (text.trim() === '') throw new ConnectorError('Jira takes no empty comment.');
  const request = {
    method: 'POST',
    path: apiPath(site, `issue/${key}/comment`),
    body: { body: toJiraText(site, text) },
  } as const;
  return orNullWhenMissing(
    askJira(site, request, commentSchema).then((comment) => {
      const id = toItemLine(String(comment.id));
      const query = new URLSearchParams({ focusedCommentId: id });
      return { id, url: `${browseUrl(site.connection.baseUrl, key)}?${query.toString()}` };
    }),
  );
}
