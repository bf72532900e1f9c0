/** What Azure Service Bus does to its clients beyond the contract of transports. */
import { DeadLetterError } from '@flowgrid/messaging';
import { expect, test } from 'vitest';
import { AmqpFailure } from '../../testkit/amqp/errors.ts';
import { until } from '../../testkit/wait.ts';
import {
  aborted,
  bodiesOf,
  createGate,
  createMessage,
  createRecorder,
  createSeries,
  idsOf,
  MAX_DELIVERIES,
  ONE,
} from './contract-fixture.ts';
import { LOCK_SECONDS, openOnBroker, openTransport } from './service-bus-fixture.ts';

const busy = (): AmqpFailure =>
  new AmqpFailure(
    'com.microsoft:server-busy',
    'The request was terminated because the entity is being throttled.',
  );
const detached = (): AmqpFailure =>
  new AmqpFailure(
    'amqp:link:detach-forced',
    'The link is force detached. Code: publisher(link1). Details: AmqpMessagePublisher.IdleTimerExpired: Idle timeout: 00:10:00.',
  );

test('a namespace that is busy is asked again, and its refusal is told when it stays busy', async () => {
  await using open = await openOnBroker();
  const recorder = createRecorder();
  await using _receiver = open.transport.receive(ONE, recorder.handler, { concurrency: 1 });

  open.broker.faults.failSends(busy(), busy());
  await open.transport.publish(createSeries('busy', 2));
  open.broker.faults.failSends(busy(), busy(), busy());
  await expect(open.transport.publish([createMessage()])).rejects.toThrow(/throttled/u);
  await recorder.untilDone(2);

  expect(bodiesOf(recorder.done)).toEqual(['0', '1']);
});

test('a link that the service detaches is opened again', async () => {
  await using open = await openOnBroker();
  const recorder = createRecorder();
  await using _receiver = open.transport.receive(ONE, recorder.handler, { concurrency: 1 });
  const [first, second] = [createMessage({ body: '1' }), createMessage({ body: '2' })];

  await open.transport.publish([first]);
  open.broker.faults.failSends(detached());
  await open.transport.publish([second]);
  await recorder.untilDone(2);

  expect(idsOf(recorder.done)).toEqual(idsOf([first, second]));
});

test('connections that the service closes are opened again, with their receivers', async () => {
  await using open = await openOnBroker();
  const recorder = createRecorder();
  await using _receiver = open.transport.receive(ONE, recorder.handler, { concurrency: 2 });

  await open.transport.publish([createMessage({ body: 'before' })]);
  await recorder.untilDone(1);
  open.broker.closeConnections();
  await until('connected again', () =>
    open.transport.checkReady().then(
      () => true,
      () => false,
    ),
  );
  await open.transport.publish([createMessage({ body: 'after' })]);
  await recorder.untilDone(2, 30_000);

  expect(bodiesOf(recorder.done)).toEqual(['before', 'after']);
});

test('an outcome that gets lost on the way is told by delivering the message again', async () => {
  await using open = await openOnBroker();
  const recorder = createRecorder();
  await using _receiver = open.transport.receive(ONE, recorder.handler, { concurrency: 1 });
  const series = createSeries('unheard', 2);

  open.broker.faults.loseDispositions(1);
  await open.transport.publish(series);
  await recorder.untilDone(3, 30_000);

  expect(bodiesOf(recorder.done)).toEqual(['0', '0', '1']);
});

test('a broker that falls silent costs the lock at its time, not later', async () => {
  await using open = await openOnBroker();
  const lost = createRecorder(async ({ signal }) => {
    await aborted(signal);
    throw new Error('stopped');
  });
  await using _receiver = open.transport.receive(ONE, lost.handler, { concurrency: 1 });

  await open.transport.publish([createMessage()]);
  await lost.untilDelivered(1);
  open.broker.faults.setSilent(true);
  await until('the signal', () => lost.deliveries[0]?.signal.aborted, LOCK_SECONDS * 3000 + 10_000);
  open.broker.faults.setSilent(false);
  await lost.untilDelivered(2);

  expect(lost.deliveries[0]?.signal.reason).toMatchObject({ message: 'the lock is lost' });
});

test('a lock that the broker ends aborts the signal, and the delivery counts', async () => {
  await using open = await openOnBroker();
  const isFirst = (attempt: number): boolean => attempt === 1;
  const recorder = createRecorder(async ({ attempt, signal }) => {
    if (!isFirst(attempt)) return;
    await aborted(signal);
    throw new Error('too late to count');
  });
  await using _receiver = open.transport.receive(ONE, recorder.handler, { concurrency: 1 });

  await open.transport.publish([createMessage({ orderKey: 'key' })]);
  await recorder.untilDelivered(1);
  open.broker.expireLocks();
  await recorder.untilDone(1);

  expect(recorder.deliveries.map(({ attempt }) => attempt)).toEqual([1, 2]);
});

test('a message at which every receiver dies is buried by the broker, and says so in the words of the contract', async () => {
  await using open = await openOnBroker();
  const gate = createGate();
  const deadly = createRecorder(() => gate.opened);
  await using _receiver = open.transport.receive(ONE, deadly.handler, { concurrency: MAX_DELIVERIES });
  const message = createMessage({ orderKey: 'deadly' });

  await open.transport.publish([message]);
  for (let deaths = 1; deaths <= MAX_DELIVERIES; deaths += 1) {
    // eslint-disable-next-line no-loop-func
    await deadly.untilDelivered(deaths);
    open.broker.expireLocks();
  }
  const letters = await until('the dead letter', async () => {
    const found = await open.transport.listDeadLetters(ONE, 10);
    return found.length > 0 ? found : null;
  });
  gate.open();

  expect(letters).toHaveLength(1);
  expect(letters[0]).toMatchObject({ ...message, reason: 'max-deliveries' });
});

test('the broker drops what is sent again within its window', async () => {
  await using open = await openOnBroker({ duplicateWindowSeconds: 60 });
  const recorder = createRecorder();
  await using _receiver = open.transport.receive(ONE, recorder.handler, { concurrency: 1 });
  const message = createMessage({ orderKey: 'key', body: 'once' });

  await open.transport.publish([message]);
  await open.transport.publish([message, createMessage({ orderKey: 'key', body: 'marker' })]);
  await recorder.untilDone(2);

  expect(bodiesOf(recorder.deliveries)).toEqual(['once', 'marker']);
});

test('order keys of any length keep order and arrive whole', async () => {
  await using open = await openOnBroker();
  const recorder = createRecorder();
  await using _receiver = open.transport.receive(ONE, recorder.handler, { concurrency: 4 });
  const key = `${'k'.repeat(500)}:end`;
  const series = createSeries(key, 20);

  await open.transport.publish(series);
  await recorder.untilDone(20);

  expect(idsOf(recorder.done)).toEqual(idsOf(series));
  expect(new Set(recorder.done.map(({ orderKey }) => orderKey))).toEqual(new Set([key]));
});

test('one dead letter among many is replayed, the others stay', { timeout: 120_000 }, async () => {
  await using open = await openOnBroker({ lockSeconds: 20 });
  let isMended = false;
  const recorder = createRecorder(async () => {
    if (!isMended) throw new DeadLetterError('invalid-data', 'broken');
  });
  await using _receiver = open.transport.receive(ONE, recorder.handler, { concurrency: 1 });
  // More than a page of what the broker shows at once.
  const messages = createSeries('many', 260);

  await open.transport.publish(messages);
  await until('the last delivery', () => recorder.deliveries.length === messages.length, 50_000);
  const letters = await until('all dead', async () => {
    const found = await open.transport.listDeadLetters(ONE, 1_000);
    return found.length === messages.length ? found : null;
  });
  isMended = true;
  const chosen = letters[255];
  const count = await open.transport.replayDeadLetters(ONE, [chosen?.id ?? '', 'unknown']);
  await recorder.untilDone(1);

  expect(count).toBe(1);
  expect(idsOf(recorder.done)).toEqual([chosen?.id]);
  const rest = await open.transport.listDeadLetters(ONE, 1_000);
  expect(idsOf(rest)).toEqual(idsOf(letters.filter((letter) => letter !== chosen)));
});

test('a source with more sessions than places serves all of them', async () => {
  await using open = await openOnBroker();
  await using second = await openTransport(open.broker);
  const recorder = createRecorder();
  await using _first = open.transport.receive(ONE, recorder.handler, { concurrency: 2 });
  await using _second = second.receive(ONE, recorder.handler, { concurrency: 2 });
  const messages = Array.from({ length: 100 }, (_, index) => createMessage({ orderKey: `key-${index}` }));

  await open.transport.publish(messages);
  await recorder.untilDone(100);

  expect(idsOf(recorder.done).toSorted()).toEqual(idsOf(messages).toSorted());
});
