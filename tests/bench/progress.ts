/** `npm run bench:progress [-- --rounds 3 --events 100]`: from an event's commit to its arrival at clients of the router. */
import { parseArgs } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { createTestDatabase } from '../testkit/database.ts';
import { startTestPostgres } from '../testkit/global-postgres.ts';
import { createPlatform } from '../testkit/platform.ts';
import { createTenant, type TestTenant } from '../testkit/tenant.ts';
import { openAudience, type Audience } from './progress/audience.ts';
import { openWriter } from './progress/writer.ts';
import { percentile, rounded } from './statistics.ts';

const SUBSCRIPTIONS = 200;
const SOCKETS = 20;
const SESSIONS = 20;
const SELECTIONS = {
  'one subgraph': 'phase state percent message at',
  'three subgraphs': 'phase state percent message at session { agent { name owner { name } } }',
} as const;
const DESCRIPTION = `A customer sends a claim by email. The claims clerk records the claim in Jira and checks the policy.
If the policy is valid, the team lead approves the claim. Otherwise the clerk rejects the claim and informs the customer.`;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    /** Events per round, and the time between them. */
    events: { type: 'string', default: '100' },
    'interval-ms': { type: 'string', default: '50' },
  },
});

await using stack = new AsyncDisposableStack();
const postgres = stack.use(await startTestPostgres());
const database = stack.use(await createTestDatabase(postgres));
const platform = stack.use(await createPlatform({ database, postgres }));
// No worker: the events of the bench are the only ones.
await Promise.all(
  (['auth', 'agents', 'design', 'integrations'] as const).map((name) => platform.start(name)),
);
await platform.start('router');
const tenant = await createTenant(platform.url('router'), database);
/** Each with its last sequence. */
const sessions = new Map((await startRedesigns(tenant)).map((id) => [id, 1]));
const writer = openWriter({ url: database.url('flowgrid_design'), tenantId: tenant.id }, stack);

const results = Object.entries(SELECTIONS).map(([name, selection]) => ({
  name,
  selection,
  delays: new Array<number>(),
}));
for (let round = 0; round < Number(options.rounds); round += 1) {
  for (const { selection, delays } of results) {
    await using audience = openAudience({
      url: `${platform.url('router')}/graphql`,
      token: tenant.users.EDITOR.accessToken,
      sockets: SOCKETS,
      subscriptions: SUBSCRIPTIONS,
      sessions: new Map(sessions),
      selection,
    });
    delays.push(...(await measure(audience)));
  }
}
console.table(
  results.map(({ name, delays }) => ({
    'the event is read from': name,
    arrivals: delays.length,
    'p50, ms': rounded(percentile(delays, 0.5), 1),
    'p99, ms': rounded(percentile(delays, 0.99), 1),
    'slowest, ms': rounded(Math.max(...delays), 1),
  })),
);

/** Milliseconds from commit to arrival, of each event at each of its followers. */
async function measure(audience: Audience): Promise<readonly number[]> {
  // Whoever has this event is subscribed.
  const sessionIds = [...sessions.keys()];
  for (const id of sessionIds) {
    const { sequence } = await writer.write(id);
    await audience.hasArrived(id, sequence);
    sessions.set(id, sequence);
  }
  const written: { sessionId: string; sequence: number; writtenAt: number }[] = [];
  for (let event = 0; event < Number(options.events); event += 1) {
    const sessionId = sessionIds.at(event % sessionIds.length) ?? '';
    written.push({ sessionId, ...(await writer.write(sessionId)) });
    await delay(Number(options['interval-ms']));
  }
  for (const { sessionId, sequence } of written) {
    await audience.hasArrived(sessionId, sequence);
    sessions.set(sessionId, sequence);
  }
  return written.flatMap(({ sessionId, sequence, writtenAt }) =>
    audience.arrivalsOf(sessionId, sequence).map((arrivedAt) => arrivedAt - writtenAt),
  );
}

/** Sessions that redesign an agent with an owner, as a client starts them. */
async function startRedesigns({ get }: TestTenant): Promise<readonly string[]> {
  const { createAgent } = await get<{ createAgent: { agent: { id: string } } }>(
    `mutation { createAgent(input: { name: "Claims triage" }) { agent { id } errors { code } } }`,
  );
  const input = { title: 'Claims', description: DESCRIPTION, agentId: createAgent.agent.id };
  const ids: string[] = [];
  while (ids.length < SESSIONS) {
    const { startDesign } = await get<{ startDesign: { session: { id: string } } }>(
      `mutation Start($input: StartDesignInput!) { startDesign(input: $input) { session { id } errors { code } } }`,
      { input },
    );
    ids.push(startDesign.session.id);
  }
  return ids;
}
