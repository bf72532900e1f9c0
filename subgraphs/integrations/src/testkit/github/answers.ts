/** Answers in GitHub's forms. */

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface GitHubRequest {
  readonly method: string;
  /** Below the API's root. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  readonly authorization: string;
  /** The root as the caller addresses it. */
  readonly root: string;
}

const DOCUMENTATION = 'https://docs.github.com/rest';
const MAX_PAGE = 100;
const DEFAULT_PAGE = 30;

export const ok = (body: unknown, headers?: Readonly<Record<string, string>>): Answer => ({
  status: 200,
  body,
  ...(headers && { headers }),
});
export const created = (body: unknown): Answer => ({ status: 201, body });
export const noContent: Answer = { status: 204 };

export function problem(status: number, message: string): Answer {
  return { status, body: { message, documentation_url: DOCUMENTATION, status: String(status) } };
}

export const notFound = problem(404, 'Not Found');

export function unprocessable(message: string, field = 'base'): Answer {
  const errors = [{ resource: 'Resource', field, code: 'custom', message }];
  return {
    status: 422,
    body: { message: 'Validation Failed', errors, documentation_url: DOCUMENTATION, status: '422' },
  };
}

/** A page of what there is, with the `link` header that leads to the others. */
export function page<Item>(
  request: GitHubRequest,
  all: readonly Item[],
  toShape: (item: Item) => unknown,
  toBody: (shapes: readonly unknown[]) => unknown = (shapes) => shapes,
): Answer {
  const size = Math.min(Number(request.query.get('per_page') ?? DEFAULT_PAGE), MAX_PAGE);
  const number = Math.max(1, Number(request.query.get('page') ?? 1));
  const last = Math.max(1, Math.ceil(all.length / size));
  const links = [
    ...(number < last ? [link(request, number + 1, 'next'), link(request, last, 'last')] : []),
    ...(number > 1 ? [link(request, 1, 'first'), link(request, number - 1, 'prev')] : []),
  ];
  const shapes = all.slice((number - 1) * size, number * size).map(toShape);
  return ok(toBody(shapes), links.length === 0 ? {} : { link: links.join(', ') });
}

function link({ root, path, query }: GitHubRequest, number: number, relation: string): string {
  const next = new URLSearchParams(query);
  next.set('page', String(number));
  return `<${root}${path}?${next.toString()}>; rel="${relation}"`;
}

export function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** GitHub counts in seconds. */
export const stamp = (date: Date): string => date.toISOString().replace(/\.\d{3}Z$/, 'Z');
