/** From the change to its effect, while the processes in between are stopped and killed: each effect once, in order. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createLogger, newId } from '@flowgrid/platform';
import { createPostgresTransport, startConsumer, writeEvents, type Transport } from '@flowgrid/messaging';
import { openDesignDatabase, type Tx } from '../../../subgraphs/design/src/database.ts';
import { until } from '../../testkit/wait.ts';
import { agentEvent, startOutboxService, type OutboxService } from './outbox-service.ts';

const logger = createLogger({ name: 'lost', level: 'silent' });
const main = fileURLToPath(new URL('relay-process.ts', import.meta.url));
const LEASE_SECONDS = 0.5;
const AGENTS = 5;
const ROUNDS = 60;

interface RelayProcess extends AsyncDisposable {
  readonly child: ChildProcess;
}

async function startRelayProcess(url: string): Promise<RelayProcess> {
  const child = spawn(process.execPath, [main, url, String(LEASE_SECONDS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    child,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function holderOf({ superuser }: OutboxService): Promise<string> {
  const { rows } = await superuser.query<{ token: string }>(`SELECT token FROM agents.outbox_lease`);
  return rows[0]?.token ?? '';
}

/** Notes each event in the database, and asks for a receiver that is lost at random to be lost. */
function startDesign(
  url: string,
  transport: Transport,
  lose: (revision: number) => boolean,
): AsyncDisposable {
  const database = openDesignDatabase(url);
  const consumer = startConsumer<Tx>({
    transport,
    source: { subscription: 'design-agents' },
    name: 'lost-processes',
    database,
    logger,
    concurrency: 4,
    handlers: {
      'agent.archived': async ({ subject, data }, tx) => {
        const { revision } = data.agent;
        await tx.$executeRaw`INSERT INTO effect (agent, revision) VALUES (${subject}, ${revision})`;
        if (lose(revision)) throw new Error('lost after the effect, before its commit');
      },
    },
  });
  return {
    [Symbol.asyncDispose]: async () => {
      await consumer[Symbol.asyncDispose]();
      await transport[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

test('relays are stopped and killed, consumers fail: no effect is lost, doubled or out of order', async () => {
  await using service = await startOutboxService();
  await service.superuser.query(
    'CREATE TABLE design.effect (position bigserial, agent text NOT NULL, revision integer NOT NULL)',
  );
  await service.superuser.query('GRANT INSERT ON design.effect TO flowgrid_design');
  await service.superuser.query('GRANT USAGE ON SEQUENCE design.effect_position_seq TO flowgrid_design');
  const agentsUrl = service.test.url('flowgrid_agents');
  const designUrl = service.test.url('flowgrid_design');
  const tenantId = newId();
  const agents = Array.from({ length: AGENTS }, () => newId());
  const failed = new Set<number>();
  const transport = createPostgresTransport({ url: designUrl, logger, retryDelayMs: () => 10 });
  await using _design = startDesign(designUrl, transport, (revision) => {
    if (revision % 7 !== 0 || failed.has(revision)) return false;
    failed.add(revision);
    return true;
  });
  await using stopped = await startRelayProcess(agentsUrl);
  await using killed = await startRelayProcess(agentsUrl);
  await using _survivor = await startRelayProcess(agentsUrl);

  for (let revision = 1; revision <= ROUNDS; revision += 1) {
    const events = agents.map((agentId) => agentEvent(tenantId, { agentId, revision }));
    await service.database.inTenant(tenantId, (tx) => writeEvents(tx, events));
    if (revision === 15) {
      const before = await holderOf(service);
      stopped.child.kill('SIGSTOP');
      killed.child.kill('SIGSTOP');
      await until(
        'another relay',
        async () => (await holderOf(service)) !== before || (await isDrained(service)),
      );
      killed.child.kill('SIGCONT');
    }
    if (revision === 30) killed.child.kill('SIGKILL');
    if (revision === 45) stopped.child.kill('SIGCONT');
  }
  const total = AGENTS * ROUNDS;
  await until('all effects', async () => (await effects(service)).length >= total, 60_000);
  await until('an empty outbox', () => isDrained(service), 30_000);

  const found = await effects(service);
  expect(failed.size).toBeGreaterThan(0);
  for (const agent of agents) {
    const own = found.filter((effect) => effect.agent === agent).map(({ revision }) => revision);
    expect(own).toEqual(Array.from({ length: ROUNDS }, (_, index) => index + 1));
  }
  await expect(transport.listDeadLetters({ subscription: 'design-agents' }, 10)).resolves.toEqual([]);
});

async function isDrained({ superuser }: OutboxService): Promise<boolean> {
  return (await superuser.query('SELECT 1 FROM agents.outbox_event LIMIT 1')).rowCount === 0;
}

async function effects({ superuser }: OutboxService): Promise<{ agent: string; revision: number }[]> {
  const { rows } = await superuser.query<{ agent: string; revision: number }>(
    'SELECT agent, revision FROM design.effect ORDER BY position',
  );
  return rows;
}
