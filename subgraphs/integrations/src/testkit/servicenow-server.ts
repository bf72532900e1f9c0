/** A fake ServiceNow instance: it speaks the Table API and OAuth in their real shapes, enforces rights, keeps what is made, and fails when told to. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { notAuthenticated, problem, type Answer, type ServiceNowRequest } from './servicenow/answers.ts';
import { limited, misbehave, takeFault, type FaultRule, type ServiceNowFault } from './servicenow/faults.ts';
import { OAuth } from './servicenow/oauth.ts';
import { Records, type User } from './servicenow/records.ts';
import { answerTable } from './servicenow/table-api.ts';

export type { ServiceNowFault } from './servicenow/faults.ts';
export type { Fields, Records, User } from './servicenow/records.ts';

export interface ServiceNowServer extends AsyncDisposable {
  readonly url: string;
  /** `host:port`, as OUTBOUND_ALLOW_HOSTS has it. */
  readonly host: string;
  readonly records: Records;
  readonly oauth: OAuth;
  /** `METHOD path` of every request. */
  readonly requests: readonly string[];
  /** Path and query of every request. */
  readonly targets: readonly URL[];
  /** From the request after `after` others on, `times` that match `on` are answered so. */
  fail(
    fault: ServiceNowFault,
    options?: { readonly after?: number; readonly times?: number; readonly on?: RegExp },
  ): void;
  /** Ends all that `fail` and `limitTo` began. */
  recover(): void;
  /** So many requests more, then 429 until `recover`. */
  limitTo(count: number, retryAfterSeconds: number): void;
  /** Called before each request is answered. */
  onRequest: ((request: ServiceNowRequest) => void) | null;
  /** Users need the role snc_platform_rest_api_access. */
  restrictsRest: boolean;
}

export const SERVICENOW_AGENT = { name: 'integration.bot', password: 'correct horse battery' };
export const SERVICENOW_APP = { id: 'client-0001', secret: 'client-secret-0001' };

/** Listens on a free port of the loopback, with one user who may work on tickets and one OAuth client that acts as them. */
export async function startServiceNowServer(): Promise<ServiceNowServer> {
  const fake = new FakeServiceNow();
  const server = createServer((request, response) => {
    readBody(request, (body) => fake.answer(request, body, response));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  const host = `127.0.0.1:${address.port}`;
  return Object.assign(fake, {
    url: `http://${host}`,
    host,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  });
}

class FakeServiceNow {
  readonly records = new Records();
  readonly oauth = new OAuth(this.records);
  readonly requests: string[] = [];
  readonly targets: URL[] = [];
  onRequest: ((request: ServiceNowRequest) => void) | null = null;
  restrictsRest = false;
  readonly #rules: FaultRule[] = [];
  #limit: { left: number; readonly retryAfterSeconds: number } | null = null;

  constructor() {
    const agent = this.records.addUser(SERVICENOW_AGENT);
    this.records.clients.set(SERVICENOW_APP.id, { ...SERVICENOW_APP, user: agent.name });
  }

  fail: ServiceNowServer['fail'] = (fault, { after = 0, times = 1, on } = {}) => {
    this.#rules.unshift({ fault, after, times, on: on ?? null });
  };

  recover = (): void => {
    this.#rules.splice(0);
    this.#limit = null;
  };

  limitTo = (count: number, retryAfterSeconds: number): void => {
    this.#limit = { left: count, retryAfterSeconds };
  };

  answer(incoming: IncomingMessage, body: string, response: ServerResponse): void {
    const request = toRequest(incoming, body);
    this.requests.push(`${request.method} ${request.path}`);
    this.targets.push(new URL(incoming.url ?? '/', request.root));
    this.onRequest?.(request);
    const fault = takeFault(this.#rules, request);
    // What is lost was done.
    if (fault === 'LOST') this.#answerRightly(request);
    const answer = fault === null ? this.#answerRightly(request) : misbehave(fault, request, response);
    if (answer === null) return;
    response.writeHead(answer.status, {
      'content-type': 'application/json;charset=UTF-8',
      ...answer.headers,
    });
    response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
  }

  #answerRightly(request: ServiceNowRequest): Answer {
    const ofOAuth = this.oauth.answer(request);
    if (ofOAuth !== null) return ofOAuth;
    const user = this.#userOf(String(request.headers['authorization'] ?? ''));
    if (user === null) return notAuthenticated;
    if (this.#limit !== null) {
      if (this.#limit.left === 0) return limited(100, this.#limit.retryAfterSeconds);
      this.#limit.left -= 1;
    }
    if (this.restrictsRest && !user.roles.includes('snc_platform_rest_api_access')) {
      return problem(403, 'User Not Authorized', 'User is not authorized to access the API');
    }
    const answer = answerTable({ request, records: this.records, user, now: new Date() });
    return answer ?? problem(400, 'Requested URI does not represent any resource', request.path);
  }

  #userOf(authorization: string): User | null {
    const [scheme = '', secret = ''] = authorization.split(' ');
    if (/^bearer$/i.test(scheme)) return this.records.users.get(this.oauth.userOf(secret) ?? '') ?? null;
    if (!/^basic$/i.test(scheme)) return null;
    const [name = '', ...rest] = Buffer.from(secret, 'base64').toString().split(':');
    const user = this.records.users.get(name);
    // Base64 is lenient: only the text that belongs to the user and the password is theirs.
    const isExact = Buffer.from(`${name}:${rest.join(':')}`).toString('base64') === secret;
    return isExact && user?.password === rest.join(':') ? user : null;
  }
}

function toRequest(incoming: IncomingMessage, body: string): ServiceNowRequest {
  const root = `http://${incoming.headers.host ?? ''}`;
  const url = new URL(incoming.url ?? '/', root);
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    body,
    headers: incoming.headers,
    root,
  };
}

function readBody(request: IncomingMessage, done: (body: string) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => done(Buffer.concat(chunks).toString()));
}
