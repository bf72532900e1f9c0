/** Several of every process: which one does the work is nobody's business, and one that dies is not missed. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase } from '../testkit/database.ts';
import { dataOf, postGraphQL } from '../testkit/graphql.ts';
import { PATIENT_ROUTER, createPlatform, type TestPlatform } from '../testkit/platform.ts';
import { createTenant, type TestTenant } from '../testkit/tenant.ts';
import { until } from '../testkit/wait.ts';
import { EMBEDDED, FULL, mergeEnv } from './adapters.ts';
import { getJob, listEvents, openRows, type DatabaseRows } from './database-rows.ts';
import { CONTEXT_OPERATION, expectWholeStory, followDesign, startDesign } from './design-journey.ts';
import { startHoldingProxy, type HoldingProxy } from './holding-proxy.ts';

const SUBGRAPHS = ['auth', 'agents', 'design', 'integrations'] as const;
const REPLICAS = {
  auth: 2,
  agents: 2,
  design: 2,
  integrations: 2,
  'design-worker': 3,
  'delivery-worker': 2,
  router: 2,
} as const;
const JOBS_PER_WORKER = 2;

describe.each([EMBEDDED, FULL])('on $name', ({ isHere, open }) => {
  describe.skipIf(!isHere)(
    'two routers, two of each subgraph, three design workers, two delivery workers',
    () => {
      let stack: AsyncDisposableStack;
      let rows: DatabaseRows;
      let platform: TestPlatform;
      let tenant: TestTenant;
      /** Between the workers and the integrations subgraph. */
      let proxy: HoldingProxy;

      beforeAll(async () => {
        stack = new AsyncDisposableStack();
        const database = stack.use(await createTestDatabase());
        rows = stack.use(await openRows(database.superuserUrl));
        proxy = stack.use(await startHoldingProxy());
        const worker = {
          INTEGRATIONS_URL: proxy.url,
          LEASE_SECONDS: '1',
          CONCURRENCY: String(JOBS_PER_WORKER),
        };
        const env = mergeEnv(PATIENT_ROUTER, await open(stack), { 'design-worker': worker });
        platform = stack.use(await createPlatform({ database, env, replicas: REPLICAS }));
        proxy.forwardTo(platform.url('integrations'));
        for (const name of SUBGRAPHS) await startAll(name);
        await startAll('design-worker');
        await startAll('delivery-worker');
        await startAll('router');
        tenant = await createTenant(platform.url('router'), database);
      });
      afterAll(() => stack.disposeAsync());

      async function startAll(name: keyof typeof REPLICAS): Promise<void> {
        const replicas = Array.from({ length: REPLICAS[name] }, (_, replica) => replica);
        await Promise.all(replicas.map((replica) => platform.startReplica(name, replica)));
      }

      /** The tenant, as a client of the second router sees it. */
      const atSecondRouter = (): Pick<TestTenant, 'get'> => ({
        get: async <Data>(query: string, variables?: Readonly<Record<string, unknown>>) =>
          dataOf<Data>(
            await postGraphQL(
              `${platform.url('router', 1)}/graphql`,
              { query, variables },
              tenant.users.EDITOR.accessToken,
            ),
          ),
      });

      test('a subscription at one router shows the progress of jobs that were started at the other', async () => {
        const ids = await Promise.all(Array.from({ length: 6 }, () => startDesign(atSecondRouter())));
        const { accessToken: token } = tenant.users.VIEWER;
        const followed = ids.map((id) => followDesign(platform.url('router'), { id, token }));

        const ends = await Promise.all(followed.map(({ ended }) => ended));

        expect(ends).toEqual(ids.map(() => 'completed'));
        for (const [index, id] of ids.entries()) {
          const events = await listEvents(rows, id);
          expect(followed[index]?.progress()).toMatchObject(
            events.map(({ sequence, message }) => ({ sequence, message })),
          );
          await expectWholeStory(rows, id);
        }
        for (const each of followed) await each[Symbol.asyncDispose]();
      });

      test('the jobs of a worker that is killed are taken over, and who follows them sees no gap', async () => {
        const hold = proxy.hold(CONTEXT_OPERATION, 'request');
        const count = REPLICAS['design-worker'] * JOBS_PER_WORKER;
        const ids = await Promise.all(Array.from({ length: count }, () => startDesign(tenant)));
        const { accessToken: token } = tenant.users.EDITOR;
        const followed = ids.map((id, index) =>
          followDesign(platform.url('router', index % REPLICAS.router), { id, token }),
        );
        await until('every worker is in the middle of its jobs', () => hold.held >= count);

        const killed = platform.process('design-worker', 0);
        killed.kill('SIGKILL');
        await killed.exited;
        hold.release();
        const ends = await Promise.all(followed.map(({ ended }) => ended));
        await platform.startReplica('design-worker', 0);

        expect(ends).toEqual(ids.map(() => 'completed'));
        const jobs = await Promise.all(ids.map((id) => getJob(rows, id)));
        expect(jobs.filter(({ takeovers }) => takeovers > 0)).toHaveLength(JOBS_PER_WORKER);
        for (const [index, id] of ids.entries()) {
          const events = await listEvents(rows, id);
          expect(followed[index]?.progress()).toMatchObject(
            events.map(({ sequence, message }) => ({ sequence, message })),
          );
          await expectWholeStory(rows, id);
        }
        for (const each of followed) await each[Symbol.asyncDispose]();
      });

      test.each([0, 1])(
        'design replica %i is killed: streams and queries go on at the other',
        async (replica) => {
          const hold = proxy.hold(CONTEXT_OPERATION, 'request');
          const ids = await Promise.all([startDesign(tenant), startDesign(tenant)]);
          const { accessToken: token } = tenant.users.EDITOR;
          const followed = ids.map((id) => followDesign(platform.url('router'), { id, token }));
          await Promise.all(followed.map((each) => each.reaches('RUNNING')));
          const query = 'query($id: ID!) { designSession(id: $id) { state } viewer { user { email } } }';

          platform.process('design', replica).kill('SIGKILL');
          const answers = await Promise.all(
            [...ids, ...ids, ...ids].map((id) => tenant.ask('VIEWER', query, { id })),
          );
          hold.release();
          const ends = await Promise.all(followed.map(({ ended }) => ended));
          await platform.startReplica('design', replica);

          expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
          expect(ends).toEqual(['completed', 'completed']);
          for (const [index, id] of ids.entries()) {
            const events = await listEvents(rows, id);
            expect(followed[index]?.progress()).toMatchObject(
              events.map(({ sequence, message }) => ({ sequence, message })),
            );
          }
          for (const each of followed) await each[Symbol.asyncDispose]();
        },
      );

      test('one of each service and a router are gone: everything is answered as before', async () => {
        for (const name of SUBGRAPHS) platform.process(name, 1).kill('SIGKILL');
        platform.process('router', 1).kill('SIGKILL');

        const looks = await Promise.all(
          Array.from({ length: 10 }, () =>
            tenant.ask(
              'EDITOR',
              '{ viewer { user { name } } agents { edges { node { id owner { name } } } } designSessions { edges { node { id } } } integrations { id } }',
            ),
          ),
        );
        const made = await Promise.all(
          [1, 2, 3, 4].map((number) =>
            tenant.ask(
              'EDITOR',
              'mutation($input: CreateAgentInput!) { createAgent(input: $input) { agent { name } errors { code } } }',
              { input: { name: `Made without ${number}` } },
            ),
          ),
        );

        expect(looks.flatMap(({ errors }) => errors)).toEqual([]);
        expect(made.map(dataOf)).toEqual(
          [1, 2, 3, 4].map((number) => ({
            createAgent: { agent: { name: `Made without ${number}` }, errors: [] },
          })),
        );
      });
    },
  );
});
