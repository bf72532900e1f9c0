/** A small GraphQL client of the router. */

/** What the seed needs of an answer: the data, or a reason to stop. */
export interface RouterClient {
  request(operation: string, variables: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
}

const TIMEOUT_MS = 30_000;

export function createRouterClient(url: string, token?: string): RouterClient {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return {
    request: async (query, variables) => {
      const body = JSON.stringify({ query, variables });
      const response = await fetch(url, {
        method: 'POST',
        headers,
        body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const answer = toRecord(await response.json());
      if (answer['errors'] !== undefined)
        throw new Error(`${firstLine(query)}: ${JSON.stringify(answer['errors'])}`);
      return toRecord(answer['data']);
    },
  };
}

/** The payload of a mutation. Throws when it says that the input was not accepted. */
export async function mutate(
  client: RouterClient,
  operation: string,
  input: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const [payload] = Object.values(await client.request(operation, { input }));
  const { errors, ...rest } = toRecord(payload);
  if (Array.isArray(errors) && errors.length > 0)
    throw new Error(`${firstLine(operation)}: ${JSON.stringify(errors)}`);
  return rest;
}

/** Reads an object out of an answer; null and absent give an empty one. */
export function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function firstLine(operation: string): string {
  return operation.trim().split('\n')[0] ?? '';
}
