/** What a person sees who starts a service with a wrong environment: everything that is wrong, at once, and no secret. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = new URL('../../..', import.meta.url).pathname;
const SECRET = 'hunter2-hunter2';

interface Program {
  readonly entry: string;
  readonly env: Readonly<Record<string, string>>;
  readonly problems: readonly RegExp[];
}

/** Wrong in the same way for all: an invalid value, two slips of the pen, a variable of nobody. */
const WRONG = {
  PORT: 'http',
  LOG_LEVLE: 'debug',
  SHUTDOWN_DRAIN_SECOND: '5',
  SERVICE_BUS_PASSWORD: SECRET,
};
const COMMON_PROBLEMS = [
  /^ {2}PORT: /m,
  /^ {2}LOG_LEVLE: is not known; did you mean LOG_LEVEL\?$/m,
  /^ {2}SHUTDOWN_DRAIN_SECOND: is not known; did you mean SHUTDOWN_DRAIN_SECONDS\?$/m,
  /^ {2}SERVICE_BUS_PASSWORD: is not known$/m,
];
/** Two ways to announce, of which a process has one. */
const BOTH = { REDIS_URL: 'redis://127.0.0.1:1', PUBSUB_URL: `postgresql://u:${SECRET}@127.0.0.1:1/d` };
const DATABASE_MISSING = /^ {2}DATABASE_URL: is required$/m;
const BOTH_GIVEN = /^ {2}.*REDIS_URL.*PUBSUB_URL|^ {2}.*PUBSUB_URL.*REDIS_URL/m;

const PROGRAMS: Readonly<Record<string, Program>> = {
  router: {
    entry: 'router/src/main.ts',
    env: { ...BOTH, SUBGRAPH_AGENTS_URL: 'http://127.0.0.1:1', SUBGRAPH_AGENT_URL: 'http://127.0.0.1:1' },
    problems: [
      /^ {2}AUTH_URL: is required$/m,
      /^ {2}SUBGRAPH_AGENT_URL: is not known; did you mean SUBGRAPH_AGENTS_URL\?$/m,
      BOTH_GIVEN,
    ],
  },
  agents: {
    entry: 'subgraphs/agents/src/main.ts',
    env: { DATABASE_ULR: `postgresql://u:${SECRET}@127.0.0.1:1/d` },
    problems: [
      DATABASE_MISSING,
      /^ {2}DATABASE_ULR: is not known; did you mean DATABASE_URL\?$/m,
      /^ {2}AUTH_URL: is required$/m,
    ],
  },
  auth: {
    entry: 'subgraphs/auth/src/main.ts',
    env: { ...BOTH, AUTH_KEY_SECRET: SECRET },
    problems: [
      DATABASE_MISSING,
      /^ {2}AUTH_KEY_SECRET: must be at least 32 random bytes/m,
      /^ {2}GRANT_SECRET: is required$/m,
      BOTH_GIVEN,
    ],
  },
  design: {
    entry: 'subgraphs/design/src/main.ts',
    env: BOTH,
    problems: [DATABASE_MISSING, /^ {2}ARTIFACT_LINK_SECRET: is required$/m, BOTH_GIVEN],
  },
  'design worker': {
    entry: 'subgraphs/design/src/worker-main.ts',
    env: { ...BOTH, CONCURENCY: '2', LEASE_SECONDS: '0' },
    problems: [
      DATABASE_MISSING,
      /^ {2}CONCURENCY: is not known; did you mean CONCURRENCY\?$/m,
      /^ {2}LEASE_SECONDS: /m,
      BOTH_GIVEN,
    ],
  },
  integrations: {
    entry: 'subgraphs/integrations/src/main.ts',
    env: { CREDENTIALS_KEY: SECRET, OUTBOUND_ALLOW_HOSTS: 'http://a/b' },
    problems: [
      DATABASE_MISSING,
      /^ {2}CREDENTIALS_KEY: must be at least 32 random bytes/m,
      /^ {2}OUTBOUND_ALLOW_HOSTS: must be a comma list/m,
    ],
  },
};

test.each(Object.entries(PROGRAMS))(
  '%s refuses to start, and lists all that is wrong without a value',
  async (_name, { entry, env, problems }) => {
    const child = spawn(process.execPath, [join(ROOT, entry)], {
      env: { PATH: String(process.env['PATH']), ...WRONG, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });

    const [[code], output, errors] = await Promise.all([
      once(child, 'exit'),
      text(child.stdout),
      text(child.stderr),
    ]);

    expect([code, output]).toEqual([1, '']);
    for (const problem of [...COMMON_PROBLEMS, ...problems]) expect(errors).toMatch(problem);
    expect(errors).not.toContain(SECRET);
  },
);
