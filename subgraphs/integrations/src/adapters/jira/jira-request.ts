/** One request to a Jira. */
import { z } from 'zod';
import type { Connection } from '../connection.ts';
import { ConnectorError, statusError, unreadableAnswer } from '../connector-error.ts';
import { below } from '../json-request.ts';

export interface JiraCall {
  readonly connection: Connection;
  readonly signal: AbortSignal;
}

export interface JiraRequest {
  /** GET when left out. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the address of the API. */
  readonly path: string;
  readonly body?: object;
}

export const JIRA = {
  system: 'Jira',
  notFoundHint: 'Enter the address of the Jira site, such as https://example.atlassian.net.',
};

const MAX_FIELDS = 20;
const errorSchema = z.object({ errors: z.record(z.string(), z.unknown()).nullish() });

/** Jira understood what was asked for and does not do it. */
export class JiraRefusal extends ConnectorError {
  /** Ids of the fields that it finds wrong. */
  readonly fields: readonly string[];

  constructor(fields: readonly string[]) {
    super('Jira refuses this as it is (400). Check what was entered, and the rules of the project there.', {
      status: 400,
    });
    this.fields = fields;
  }
}

/**
 * Sends the request and parses the answer.
 * @throws JiraRefusal for 400, ConnectorError for another failing status or an answer that `schema` does not say,
 * OutboundError without an answer.
 */
export async function askJira<Schema extends z.ZodType>(
  call: JiraCall,
  request: JiraRequest,
  schema: Schema,
): Promise<z.output<Schema>> {
  const response = await send(call, request);
  const answer = schema.safeParse(parseJson(await response.text()));
  if (!answer.success) throw unreadableAnswer(JIRA.system);
  return answer.data;
}

/** As `askJira`, where the answer has nothing in it. */
export async function tellJira(call: JiraCall, request: JiraRequest): Promise<void> {
  await send(call, request);
}

async function send(
  { connection, signal }: JiraCall,
  { method = 'GET', path, body }: JiraRequest,
): Promise<Response> {
  const response = await connection.fetch(below(connection.apiUrl, path), {
    method,
    isRepeatable: method === 'GET',
    signal,
    headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (response.ok) return response;
  if (response.status === 400) throw new JiraRefusal(await readFields(response));
  throw statusError(response.status, { ...JIRA, retryAfter: response.headers.get('retry-after') });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's own message quotes the answer; it is not kept.
    throw unreadableAnswer(JIRA.system);
  }
}

async function readFields(response: Response): Promise<readonly string[]> {
  try {
    const { errors } = errorSchema.parse(JSON.parse(await response.text()));
    return Object.keys(errors ?? {}).slice(0, MAX_FIELDS);
  } catch {
    // What is refused is known; which fields it is about is not.
    return [];
  }
}
