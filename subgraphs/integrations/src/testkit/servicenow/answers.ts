/** Answers in ServiceNow's shapes. */

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ServiceNowRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly root: string;
}

export const ok = (result: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status: 200,
  body: { result },
  headers,
});

export const problem = (
  status: number,
  message: string,
  detail: string | null = null,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({ status, body: { error: { message, detail }, status: 'failure' }, headers });

export const notAuthenticated = problem(
  401,
  'User Not Authenticated',
  'Required to provide Auth information',
  { 'www-authenticate': 'BASIC realm="Service-now"' },
);

export const notFound = problem(
  404,
  'No Record found',
  "Record doesn't exist or ACL restricts the record retrieval",
);

export const refusedByRights = (operation: string): Answer =>
  problem(403, 'Operation Failed', `ACL Exception ${operation} Failed due to security constraints`);
