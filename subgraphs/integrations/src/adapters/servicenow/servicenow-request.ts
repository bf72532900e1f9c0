/** Requests to ServiceNow's Table API. */
import { z } from 'zod';
import type { Connection } from '../connection.ts';
import { ConnectorError, statusError, unreadableAnswer } from '../connector-error.ts';
import { below } from '../json-request.ts';

export interface ServiceNowCall {
  readonly connection: Connection;
  readonly signal: AbortSignal;
}

export interface TableRequest {
  /** Checked before: it becomes part of an address. */
  readonly table: string;
  readonly recordId?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** A request that writes; without it the request reads. */
  readonly write?: { readonly method: 'POST' | 'PATCH'; readonly body: Readonly<Record<string, string>> };
}

export interface TableRows<Row> {
  readonly rows: readonly Row[];
  /** How many rows the query has, with those that the user may not see; null where the instance does not say. */
  readonly total: number | null;
  /** The instance's own clock. */
  readonly at: Date;
}

export const SERVICENOW = {
  system: 'ServiceNow',
  notFoundHint: 'Enter the address of the instance, such as https://example.service-now.com.',
};

/** What people may name as a table. */
export const TABLE_NAME = /^[a-z][a-z0-9_]{1,79}$/;
export const RECORD_ID = /^[0-9a-z]{1,32}$/i;

/** Each field as it is stored and as people read it; empty references are plain texts. */
export const field = z
  .union([z.string(), z.object({ value: z.string().nullish(), display_value: z.string().nullish() })])
  .nullish()
  .transform((given) => {
    if (typeof given === 'string') return { value: given, shown: given };
    return { value: given?.value ?? '', shown: given?.display_value ?? '' };
  });

const errorSchema = z.object({
  error: z.object({ message: z.string().nullish(), detail: z.string().nullish() }),
});

/** What ServiceNow said about a refusal: to be understood here, and never to be shown. */
export class ServiceNowRefusal extends ConnectorError {
  readonly #words: string;

  constructor(error: ConnectorError, status: number, words: string) {
    super(error.message, { status });
    this.#words = words;
  }

  says(pattern: RegExp): boolean {
    return pattern.test(this.#words);
  }
}

/** Reads rows; none where the instance says by 404 that there are none, as old releases do. */
export async function readRows<Schema extends z.ZodType>(
  call: ServiceNowCall,
  request: TableRequest,
  row: Schema,
): Promise<TableRows<z.output<Schema>>> {
  try {
    const { answer, headers } = await send(call, request);
    const rows = z.object({ result: z.array(row) }).safeParse(answer);
    if (!rows.success) throw unreadableAnswer(SERVICENOW.system);
    const total = headers.get('x-total-count') ?? '';
    const at = new Date(headers.get('date') ?? Number.NaN);
    return {
      rows: rows.data.result,
      total: /^\d{1,12}$/.test(total) ? Number(total) : null,
      at: Number.isNaN(at.getTime()) ? new Date() : at,
    };
  } catch (error) {
    if (!(error instanceof ServiceNowRefusal && error.status === 404 && error.says(/no record/i)))
      throw error;
    return { rows: [], total: 0, at: new Date() };
  }
}

/** Sends a request whose answer is one row. */
export async function sendRow<Schema extends z.ZodType>(
  call: ServiceNowCall,
  request: TableRequest,
  row: Schema,
): Promise<z.output<Schema>> {
  const { answer } = await send(call, request);
  const parsed = row.safeParse(z.object({ result: z.unknown() }).safeParse(answer).data?.result);
  if (!parsed.success) throw unreadableAnswer(SERVICENOW.system);
  return parsed.data;
}

async function send(
  { connection, signal }: ServiceNowCall,
  { table, recordId, parameters = {}, write }: TableRequest,
): Promise<{ readonly answer: unknown; readonly headers: Headers }> {
  const record = recordId === undefined ? '' : `/${recordId}`;
  const query = new URLSearchParams(parameters).toString();
  const response = await connection.fetch(
    below(connection.apiUrl, `api/now/table/${table}${record}${query === '' ? '' : `?${query}`}`),
    {
      method: write?.method ?? 'GET',
      isRepeatable: write === undefined,
      headers: {
        accept: 'application/json',
        ...(write !== undefined && { 'content-type': 'application/json' }),
      },
      ...(write !== undefined && { body: JSON.stringify(write.body) }),
      signal,
    },
  );
  const text = await response.text();
  if (!response.ok) throw toRefusal(response, text);
  return { answer: parseAnswer(text), headers: response.headers };
}

function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // An instance that nobody used for a while answers everything with a page that says so, and with status 200.
    if (/hibernat/i.test(text.slice(0, 20_000))) {
      throw new ConnectorError(
        "The answer is not one of ServiceNow's API: the instance is asleep. Wake it up in a browser.",
      );
    }
    throw unreadableAnswer(SERVICENOW.system);
  }
}

function toRefusal(response: Response, text: string): ConnectorError {
  const { status, headers } = response;
  const error = statusError(status, { ...SERVICENOW, retryAfter: headers.get('retry-after') });
  const parsed = errorSchema.safeParse(toJson(text));
  if (!parsed.success) return error;
  const { message, detail } = parsed.data.error;
  return new ServiceNowRefusal(error, status, `${message ?? ''}\n${detail ?? ''}`);
}

/** Null for what is no JSON: a refusal needs no words. */
function toJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The status says enough.
    return null;
  }
}
