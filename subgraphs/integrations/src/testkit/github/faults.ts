/** What GitHub, or what stands before it, does on a bad day. Each echoes a secret or an address where it can: none of it may be shown. */
import type { ServerResponse } from 'node:http';
import { problem, type Answer, type GitHubRequest } from './answers.ts';

export const GITHUB_FAULTS = [
  'UNAUTHORIZED',
  'FORBIDDEN',
  'RATE_LIMIT',
  'SECONDARY_403',
  'SECONDARY_403_UNNAMED',
  'SECONDARY_429',
  'SECONDARY_429_UNNAMED',
  'BROKEN',
  'MALFORMED',
  'PAGE',
  'OTHER',
  'SLOW',
  'SILENT',
  'DROPPED',
  'LOST',
  'MOVED',
] as const;
export type GitHubFault = (typeof GITHUB_FAULTS)[number];

export interface FaultRule {
  readonly fault: GitHubFault;
  /** Requests to answer rightly before. */
  after: number;
  times: number;
  /** `METHOD path`, matched; any when left out. */
  readonly on: RegExp | null;
}

const RETRY_AFTER = '30';
const DRIP_MS = 20;

/** Takes one use of the first rule that has its turn. */
export function takeFault(rules: readonly FaultRule[], request: GitHubRequest): GitHubFault | null {
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

/** `LOST` does what it is asked for first, and drops its answer. */
export function misbehave(
  fault: GitHubFault,
  response: ServerResponse,
  authorization: string,
): Answer | null {
  switch (fault) {
    case 'UNAUTHORIZED':
      return problem(401, `Bad credentials ${authorization}`);
    case 'FORBIDDEN':
      return problem(403, 'Resource not accessible, ask 10.1.2.3');
    case 'RATE_LIMIT':
      return limit(403, 'API rate limit exceeded, slow down', {
        'x-ratelimit-limit': '5000',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-used': '5000',
        'x-ratelimit-resource': 'core',
        'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + Number(RETRY_AFTER)),
      });
    case 'SECONDARY_403':
      return limit(403, SECONDARY, { 'retry-after': RETRY_AFTER });
    case 'SECONDARY_403_UNNAMED':
      return limit(403, SECONDARY, {});
    case 'SECONDARY_429':
      return limit(429, SECONDARY, { 'retry-after': RETRY_AFTER });
    case 'SECONDARY_429_UNNAMED':
      return limit(429, SECONDARY, {});
    case 'BROKEN':
      return problem(502, 'Server Error at 10.1.2.3');
    case 'OTHER':
      return { status: 200, body: { hello: 'world' } };
    case 'MOVED':
      return { status: 301, body: {}, headers: { location: 'http://169.254.169.254/latest/meta-data/' } };
    default:
      breakOff(fault, response);
      return null;
  }
}

const SECONDARY = 'You have exceeded a secondary rate limit, slow down, ask 10.1.2.3';

function limit(status: number, message: string, headers: Readonly<Record<string, string>>): Answer {
  return { ...problem(status, message), headers };
}

/** What is no answer in GitHub's form. */
function breakOff(
  fault: 'MALFORMED' | 'PAGE' | 'SLOW' | 'SILENT' | 'DROPPED' | 'LOST',
  response: ServerResponse,
): void {
  const json = { 'content-type': 'application/json; charset=utf-8' };
  if (fault === 'MALFORMED') {
    response.writeHead(200, json).end('{"login": "octo');
  } else if (fault === 'PAGE') {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Unicorn 10.1.2.3</html>');
  } else if (fault === 'SLOW') {
    response.writeHead(200, json);
    const timer = setInterval(() => response.write(' '), DRIP_MS);
    response.on('close', () => clearInterval(timer));
  } else if (fault !== 'SILENT') {
    response.destroy();
  }
}
