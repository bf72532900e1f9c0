/** A small GraphQL client that shows the whole answer when a test fails. */

export interface GraphQLAnswer {
  readonly status: number;
  readonly data: unknown;
  readonly errors: readonly {
    message: string;
    path?: readonly (string | number)[];
    extensions: { code: string };
  }[];
}

export interface GraphQLRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly operationName?: string;
}

/** Posts an operation. `token` is sent as a bearer token when given. */
export async function postGraphQL(
  url: string,
  request: GraphQLRequest,
  token?: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<GraphQLAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...headers,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(request),
  });
  const text = await response.text();
  const body = parseBody(text);
  return { status: response.status, data: body.data ?? null, errors: body.errors ?? [] };
}

function parseBody(text: string): { data?: unknown; errors?: GraphQLAnswer['errors'] } {
  try {
    return JSON.parse(text) as { data?: unknown; errors?: GraphQLAnswer['errors'] };
  } catch (cause) {
    throw new Error(`the answer is not JSON: ${text.slice(0, 500)}`, { cause });
  }
}

/** The data of an answer without errors; the answer is in the message otherwise. */
export function dataOf<Data>(answer: GraphQLAnswer): Data {
  if (answer.errors.length > 0)
    throw new Error(`unexpected errors: ${JSON.stringify(answer.errors, null, 2)}`);
  return answer.data as Data;
}

/** The codes of an answer's errors. */
export function codesOf(answer: GraphQLAnswer): readonly string[] {
  return answer.errors.map((error) => error.extensions.code);
}
