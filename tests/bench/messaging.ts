/**
 * `npm run bench:messaging [-- --rounds 3 --events 200 --flood 5000]`: from the writing of an event to its handler, and
 * events per second, over each transport.
 */
import { parseArgs } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { createLogger, newId } from '@flowgrid/platform';
import { startConsumer, startOutboxRelay, withOutbox, writeEvents } from '@flowgrid/messaging';
import { openAgentsDatabase } from '../../subgraphs/agents/src/database.ts';
import { openDesignDatabase, type Tx } from '../../subgraphs/design/src/database.ts';
import { agentEvent } from '../integration/messaging/outbox-service.ts';
import { createTestDatabase, type TestDatabase } from '../testkit/database.ts';
import { startTestPostgres } from '../testkit/global-postgres.ts';
import { until } from '../testkit/wait.ts';
import { CONTENDERS, type OpenContender } from './messaging/contenders.ts';
import { median, percentile, rounded } from './statistics.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    /** Single events per round, and the time between them. */
    events: { type: 'string', default: '200' },
    'interval-ms': { type: 'string', default: '20' },
    /** Events that wait in the outbox before the relay starts. */
    flood: { type: 'string', default: '5000' },
    only: { type: 'string' },
  },
});
const AGENTS = 100;
const TENANTS = 10;
const EVENTS_PER_CHANGE = 50;
const FLOOD_LIMIT_MS = 300_000;
const logger = createLogger({ name: 'bench', level: 'error' });
const contenders = Object.entries(CONTENDERS).filter(
  ([name]) => options.only?.split(',').includes(name) ?? true,
);

await using postgres = await startTestPostgres();
const results = contenders.map(([name, open]) => ({
  name,
  open,
  delays: new Array<number>(),
  rates: new Array<number>(),
}));
for (let round = 0; round < Number(options.rounds); round += 1) {
  for (const { name, open, delays, rates } of results) {
    await using database = await createTestDatabase(postgres);
    await using transports = await open(database);
    delays.push(...(await measureDelays(database, transports)));
    rates.push(await measureRate(database, transports));
    console.log(`round ${round + 1}, ${name}: ${Math.round(rates.at(-1) ?? 0)} events/s`);
  }
}
console.table(
  Object.fromEntries(
    results.map(({ name, delays, rates }) => [
      name,
      {
        'p50 ms': rounded(median(delays), 1),
        'p99 ms': rounded(percentile(delays, 0.99), 1),
        'slowest ms': rounded(Math.max(...delays), 1),
        'events/s': Math.round(median(rates)),
      },
    ]),
  ),
);

/** Single changes, one after the other: each from before its transaction to the call of its handler. */
async function measureDelays(test: TestDatabase, transports: OpenContender): Promise<readonly number[]> {
  const startedAt = new Map<string, number>();
  const delays: number[] = [];
  await using plain = openAgentsDatabase(test.url('flowgrid_agents'));
  await using relay = startOutboxRelay({ database: plain, transport: transports.agents, logger });
  await using _consumer = startDesign(test, transports, (id) => {
    const at = startedAt.get(id);
    if (at !== undefined) delays.push(performance.now() - at);
  });
  const database = withOutbox(plain, () => relay.wake());
  const tenantId = newId();
  const warmUps = 20;
  for (let index = -warmUps; index < Number(options.events); index += 1) {
    const event = agentEvent(tenantId);
    if (index >= 0) startedAt.set(event.id, performance.now());
    await database.inTenant(tenantId, (tx) => writeEvents(tx, [event]));
    await delay(Number(options['interval-ms']));
  }
  await until('all events', () => delays.length === Number(options.events), FLOOD_LIMIT_MS);
  return delays;
}

/** A full outbox: from the start of the relay to the last handler, each with its inbox. */
async function measureRate(test: TestDatabase, transports: OpenContender): Promise<number> {
  await using database = openAgentsDatabase(test.url('flowgrid_agents'));
  const agents = Array.from({ length: AGENTS }, () => newId());
  const tenants = Array.from({ length: TENANTS }, () => newId());
  const total = Number(options.flood);
  for (let written = 0; written < total; written += EVENTS_PER_CHANGE) {
    const tenantId = tenants[(written / EVENTS_PER_CHANGE) % TENANTS] ?? newId();
    const events = Array.from({ length: EVENTS_PER_CHANGE }, (_, index) =>
      agentEvent(tenantId, {
        agentId: agents[(written + index) % AGENTS] ?? newId(),
        revision: written + index + 1,
      }),
    );
    await database.inTenant(tenantId, (tx) => writeEvents(tx, events));
  }
  let handled = 0;
  await using _consumer = startDesign(test, transports, () => (handled += 1));
  const startedAt = performance.now();
  await using _relay = startOutboxRelay({ database, transport: transports.agents, logger });
  await until('all events', () => handled >= total, FLOOD_LIMIT_MS);
  return total / ((performance.now() - startedAt) / 1000);
}

function startDesign(
  test: TestDatabase,
  { design }: OpenContender,
  onEvent: (id: string) => void,
): AsyncDisposable {
  const database = openDesignDatabase(test.url('flowgrid_design'));
  const consumer = startConsumer<Tx>({
    transport: design,
    source: { subscription: 'design-agents' },
    name: 'bench',
    handlers: { 'agent.archived': async ({ id }) => onEvent(id) },
    database,
    logger,
  });
  return {
    [Symbol.asyncDispose]: async () => {
      await consumer[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
