/** `npm run bench:fan-out [-- --rounds 20 --sockets 1000]`: one event to many sockets over two routers, embedded and with Redis. */
import { parseArgs } from 'node:util';
import { createTestDatabase } from '../testkit/database.ts';
import { startTestPostgres, type PostgresAccess } from '../testkit/global-postgres.ts';
import { createPlatform, type ProcessEnv } from '../testkit/platform.ts';
import { startRedis } from '../testkit/redis.ts';
import { createTenant } from '../testkit/tenant.ts';
import { openAudience } from './progress/audience.ts';
import { openWriter } from './progress/writer.ts';
import { percentile, rounded } from './statistics.ts';

const ROUTERS = 2;
const DESCRIPTION = 'A clerk records the claim and checks the policy.';
const SERVICES = ['auth', 'agents', 'design', 'integrations'] as const;

const { values: options } = parseArgs({
  options: {
    /** Events, each sent when the one before it has reached everyone. */
    rounds: { type: 'string', default: '20' },
    sockets: { type: 'string', default: '1000' },
  },
});
const rounds = Number(options.rounds);
const socketsPerRouter = Number(options.sockets) / ROUTERS;

await using postgres = await startTestPostgres();
await using redis = await startRedis();
console.table([
  { 'announced over': 'PostgreSQL', ...(await measure(postgres)) },
  { 'announced over': 'Redis', ...(await measure(postgres, redis.url)) },
]);

interface Result {
  readonly arrivals: number;
  readonly 'p50, ms': number;
  readonly 'p99, ms': number;
  /** From the commit until the last socket has the event, the median over the events. */
  readonly 'all have it, ms': number;
}

/** A platform of its own without a worker: the events of the bench are the only ones. */
async function measure(access: PostgresAccess, redisUrl?: string): Promise<Result> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase(access));
  const platform = stack.use(
    await createPlatform({
      database,
      postgres: access,
      replicas: { router: ROUTERS },
      ...(redisUrl !== undefined && { env: withRedis(redisUrl) }),
    }),
  );
  await Promise.all(SERVICES.map((name) => platform.start(name)));
  const routers = Array.from({ length: ROUTERS }, (_, replica) => replica);
  await Promise.all(routers.map((replica) => platform.startReplica('router', replica)));
  const tenant = await createTenant(platform.url('router'), database);
  const { startDesign } = await tenant.get<{ startDesign: { session: { id: string } } }>(
    'mutation Start($input: StartDesignInput!) { startDesign(input: $input) { session { id } errors { code } } }',
    { input: { title: 'Claims', description: DESCRIPTION } },
  );
  const sessionId = startDesign.session.id;
  const audiences = routers.map((replica) =>
    stack.use(
      openAudience({
        url: `${platform.url('router', replica)}/graphql`,
        token: tenant.users.EDITOR.accessToken,
        sockets: socketsPerRouter,
        subscriptions: socketsPerRouter,
        sessions: new Map([[sessionId, 1]]),
        selection: 'phase state percent message at',
      }),
    ),
  );
  const writer = openWriter({ url: database.url('flowgrid_design'), tenantId: tenant.id, redisUrl }, stack);
  const delays: number[] = [];
  const lasts: number[] = [];
  // The first two show that everyone follows.
  for (let round = -2; round < rounds; round += 1) {
    const { sequence, writtenAt } = await writer.write(sessionId);
    await Promise.all(audiences.map((audience) => audience.hasArrived(sessionId, sequence)));
    if (round < 0) continue;
    const arrivals = audiences.flatMap((audience) =>
      audience.arrivalsOf(sessionId, sequence).map((arrivedAt) => arrivedAt - writtenAt),
    );
    delays.push(...arrivals);
    lasts.push(Math.max(...arrivals));
  }
  return {
    arrivals: delays.length,
    'p50, ms': rounded(percentile(delays, 0.5), 1),
    'p99, ms': rounded(percentile(delays, 0.99), 1),
    'all have it, ms': rounded(percentile(lasts, 0.5), 1),
  };
}

/** The same for every process; an empty variable takes the usual one away. */
function withRedis(redisUrl: string): ProcessEnv {
  const env = { REDIS_URL: redisUrl, PUBSUB_URL: '' };
  return Object.fromEntries([...SERVICES, 'router' as const].map((name) => [name, env]));
}
