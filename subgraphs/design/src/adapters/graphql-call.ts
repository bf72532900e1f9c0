/** GraphQL operations at another subgraph. */
import { z } from 'zod';
import { OutsideError, keepTrying, postOnce, type ServiceClient } from './outside-call.ts';

export interface GraphQLCall<Data> {
  readonly service: string;
  readonly client: ServiceClient;
  /** A context token of that subgraph. */
  readonly token: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly schema: z.ZodType<Data>;
  readonly signal: AbortSignal;
}

const answerSchema = z.object({
  data: z.unknown().optional(),
  errors: z
    .array(z.object({ message: z.string(), extensions: z.object({ code: z.string() }).optional() }))
    .optional(),
});

/** Runs an operation; tries again while the subgraph says that it cannot work now. @throws OutsideError. */
export function callGraphQL<Data>(call: GraphQLCall<Data>): Promise<Data> {
  return keepTrying(call, (signal) => callOnce({ ...call, signal }));
}

const SERVICE_UNAVAILABLE = 'SERVICE_UNAVAILABLE';

async function callOnce<Data>(call: GraphQLCall<Data>): Promise<Data> {
  const { service, query, variables, signal } = call;
  const { body } = await postOnce({
    service,
    client: call.client,
    path: '/graphql',
    authorization: `Bearer ${call.token}`,
    body: { query, variables },
    signal,
  });
  const answer = answerSchema.safeParse(body);
  if (!answer.success) throw new OutsideError(service, 'UNEXPECTED', 'answered without data or errors');
  const [error] = answer.data.errors ?? [];
  if (error) {
    const code = error.extensions?.code ?? 'INTERNAL_SERVER_ERROR';
    throw new OutsideError(service, problemOf(code), `${code}: ${error.message}`, code);
  }
  const data = call.schema.safeParse(answer.data.data);
  if (!data.success) throw new OutsideError(service, 'UNEXPECTED', 'answered with other data', data.error);
  return data.data;
}

function problemOf(code: string): OutsideError['problem'] {
  if (code === 'FORBIDDEN' || code === 'UNAUTHENTICATED') return 'REFUSED';
  return code === SERVICE_UNAVAILABLE || code === 'RATE_LIMITED' ? 'UNREACHABLE' : 'UNEXPECTED';
}
