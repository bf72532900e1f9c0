/** What an instance, or what stands before it, does on a bad day. Each echoes a secret or an address where it can: none of it may be shown. */
import type { ServerResponse } from 'node:http';
import { problem, type Answer, type ServiceNowRequest } from './answers.ts';

export type ServiceNowFault =
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'LIMITED'
  | 'BUSY'
  | 'BROKEN'
  | 'MALFORMED'
  | 'PAGE'
  | 'OTHER'
  | 'SLOW'
  | 'DROPPED'
  | 'LOST'
  | 'POLICY';

export interface FaultRule {
  readonly fault: ServiceNowFault;
  /** Requests to answer rightly before. */
  after: number;
  times: number;
  /** `METHOD path`, matched; any when left out. */
  readonly on: RegExp | null;
}

const RETRY_AFTER_SECONDS = 30;
const DRIP_MS = 20;

/** Takes one use of the first rule that has its turn. */
export function takeFault(rules: readonly FaultRule[], request: ServiceNowRequest): ServiceNowFault | null {
  for (const rule of rules) {
    const isMeant = rule.on === null || rule.on.test(`${request.method} ${request.path}`);
    if (!isMeant || rule.times === 0) continue;
    if (rule.after > 0) {
      rule.after -= 1;
      continue;
    }
    rule.times -= 1;
    return rule.fault;
  }
  return null;
}

/** The answer to give, or null where the response is dealt with. */
export function misbehave(
  fault: ServiceNowFault,
  request: ServiceNowRequest,
  response: ServerResponse,
): Answer | null {
  switch (fault) {
    case 'UNAUTHORIZED':
      return problem(
        401,
        'User Not Authenticated',
        `Bad credentials ${String(request.headers['authorization'])}`,
      );
    case 'FORBIDDEN':
      return problem(403, 'User Not Authorized', 'Ask the administrator at 10.1.2.3');
    case 'LIMITED':
      return limited(100, RETRY_AFTER_SECONDS);
    case 'BUSY':
      return problem(429, 'Too many requests', 'slow down');
    case 'POLICY':
      return problem(
        403,
        'Operation Failed',
        'Data Policy Exception: The following fields are mandatory: Assignment group, Category',
      );
    case 'BROKEN':
      return problem(503, 'Transaction cancelled', 'maximum execution time exceeded at 10.1.2.3');
    case 'OTHER':
      return { status: 200, body: { hello: 'world' } };
    case 'MALFORMED':
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"result":[{"number":"INC');
      return null;
    case 'PAGE':
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(
        '<html><title>Instance Hibernating page</title><body>Your instance is hibernating</body></html>',
      );
      return null;
    case 'SLOW': {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), DRIP_MS);
      response.on('close', () => clearInterval(timer));
      return null;
    }
    case 'DROPPED':
    case 'LOST':
      response.socket?.destroy();
      return null;
    default:
      throw new Error(`no fault ${String(fault satisfies never)}`);
  }
}

export function limited(limit: number, retryAfterSeconds: number): Answer {
  return problem(429, 'Rate limit exceeded', 'slow down', {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + retryAfterSeconds),
    'x-ratelimit-rule': '6b2a5f1a9f330200e8d5f5d5a5cf1a77',
    'retry-after': String(retryAfterSeconds),
  });
}
