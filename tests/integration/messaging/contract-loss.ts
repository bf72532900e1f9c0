/** What remains when a receiver stops or dies, and when the broker goes away. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Message } from '@flowgrid/messaging';
import { expect, test } from 'vitest';
import { until } from '../../testkit/wait.ts';
import {
  aborted,
  bodiesOf,
  contractTopology,
  type ContractSubject,
  createGate,
  createMessage,
  createRecorder,
  createSeries,
  idsOf,
  ONE,
  QUEUE,
} from './contract-fixture.ts';

const FLOOD = { keys: 200, batch: 500, limitMs: 150_000 };

export function lossCases(subject: ContractSubject): void {
  const start = () => subject.start(contractTopology(subject.lockSeconds));
  const lockMs = subject.lockSeconds * 1000;
  const flood = subject.floodMessages ?? 10_000;

  test('the lock is renewed for as long as the handler works', async () => {
    await using broker = await start();
    await using first = await broker.open();
    await using second = await broker.open();
    const recorder = createRecorder(async ({ body, signal }) => {
      // The case is about this time itself; nothing can be observed meanwhile.
      if (body === '0') await delay(lockMs * 2.5, undefined, { signal });
    });
    await using _first = first.transport.receive(ONE, recorder.handler, { concurrency: 2 });
    await using _second = second.transport.receive(ONE, recorder.handler, { concurrency: 2 });

    await first.transport.publish(createSeries('long', 2));
    await recorder.untilDone(2, lockMs * 5 + 15_000);

    expect(recorder.deliveries.map(({ body, attempt }) => [body, attempt])).toEqual([
      ['0', 1],
      ['1', 1],
    ]);
  });

  test('a message of a receiver that was killed is given to another one', async () => {
    await using broker = await start();
    await using sender = await broker.open();
    await using victim = await broker.open();
    await using survivor = await broker.open();
    const gate = createGate();
    const [killed, taken] = [createRecorder(() => gate.opened), createRecorder()];
    await using _victim = victim.transport.receive(ONE, killed.handler, { concurrency: 1 });
    const series = createSeries('orphaned', 3);

    await sender.transport.publish(series);
    await killed.untilDelivered(1);
    await using _survivor = survivor.transport.receive(ONE, taken.handler, { concurrency: 1 });
    victim.setReachable(false);
    await taken.untilDone(3, lockMs * 3 + 15_000);
    gate.open();

    expect(idsOf(taken.done)).toEqual(idsOf(series));
  });

  test('a receiver that lost its lock is told by the signal, and what it does then does not count', async () => {
    await using broker = await start();
    await using sender = await broker.open();
    await using cut = await broker.open();
    await using other = await broker.open();
    const late = createGate();
    const lost = createRecorder(async ({ signal }) => {
      await aborted(signal);
      await late.opened;
      throw new Error('too late to count');
    });
    const taken = createRecorder();
    await using _cut = cut.transport.receive(ONE, lost.handler, { concurrency: 1 });

    await sender.transport.publish(createSeries('lost', 2));
    await lost.untilDelivered(1);
    cut.setReachable(false);
    await until('the signal', () => lost.deliveries[0]?.signal.aborted, lockMs * 3 + 15_000);
    await using _other = other.transport.receive(ONE, taken.handler, { concurrency: 1 });
    await taken.untilDone(2, lockMs * 3 + 15_000);
    late.open();

    expect(bodiesOf(taken.done)).toEqual(['0', '1']);
    await expect(other.transport.listDeadLetters(ONE, 10)).resolves.toEqual([]);
  });

  test('a broker that is gone refuses, and receivers resume when it is back', async () => {
    await using broker = await start();
    await using sender = await broker.open();
    await using worker = await broker.open();
    const recorder = createRecorder();
    await using _receiver = worker.transport.receive(ONE, recorder.handler, { concurrency: 2 });
    const [before, during, after] = ['before', 'during', 'after'].map((body) => createMessage({ body }));
    if (before === undefined || during === undefined || after === undefined) throw new Error('no messages');

    await sender.transport.publish([before]);
    await recorder.untilDone(1);
    sender.setReachable(false);
    worker.setReachable(false);
    await expect(sender.transport.publish([during])).rejects.toThrow(/\S/u);
    await expect(sender.transport.send(QUEUE, [during])).rejects.toThrow(/\S/u);
    await expect(sender.transport.checkReady()).rejects.toThrow(/\S/u);
    sender.setReachable(true);
    worker.setReachable(true);
    await until(
      'ready',
      () =>
        sender.transport.checkReady().then(
          () => true,
          () => false,
        ),
      30_000,
    );
    await sender.transport.publish([after]);
    await until('after', () => bodiesOf(recorder.done).includes('after'), 30_000);

    expect([...new Set(idsOf(recorder.done))].filter((id) => id !== during.id)).toEqual([
      before.id,
      after.id,
    ]);
  });

  test('a receiver that starts while the broker is gone begins when it is back', async () => {
    await using broker = await start();
    await using sender = await broker.open();
    await using worker = await broker.open();
    const recorder = createRecorder();
    worker.setReachable(false);

    await using _receiver = worker.transport.receive(ONE, recorder.handler, { concurrency: 1 });
    await sender.transport.publish([createMessage({ body: 'early' })]);
    await expect(worker.transport.checkReady()).rejects.toThrow(/\S/u);
    worker.setReachable(true);
    await recorder.untilDone(1, 30_000);

    expect(bodiesOf(recorder.done)).toEqual(['early']);
  });

  test('disposing a receiver waits for its handlers and gives back what they did not finish', async () => {
    await using broker = await start();
    await using open = await broker.open();
    await using other = await broker.open();
    const gate = createGate();
    const stopping = createRecorder(async ({ body, signal }) => {
      if (body === 'finished') await gate.opened;
      if (body !== 'given up') return;
      await aborted(signal);
      throw new Error('stopped');
    });
    const taken = createRecorder();
    const receiver = open.transport.receive(ONE, stopping.handler, { concurrency: 2 });
    const waiting = ['x', 'y', 'z'].map((body) => createMessage({ orderKey: 'given up', body }));

    await open.transport.publish([
      createMessage({ orderKey: 'finished', body: 'finished' }),
      createMessage({ orderKey: 'given up', body: 'given up' }),
      ...waiting,
    ]);
    await stopping.untilDelivered(2);
    let isDisposed = false;
    const disposing = receiver[Symbol.asyncDispose]().then(() => (isDisposed = true));
    await until('the signals', () => stopping.deliveries.every(({ signal }) => signal.aborted));
    const wasDisposedEarly = isDisposed;
    gate.open();
    await disposing;
    await using _other = other.transport.receive(ONE, taken.handler, { concurrency: 1 });
    await taken.untilDone(4);

    expect(wasDisposedEarly).toBe(false);
    expect(bodiesOf(stopping.done)).toEqual(['finished']);
    expect(bodiesOf(taken.deliveries)).toEqual(['given up', 'x', 'y', 'z']);
  });

  test('disposing a transport stops its receivers too', async () => {
    await using broker = await start();
    await using sender = await broker.open();
    const worker = await broker.open();
    const recorder = createRecorder();
    worker.transport.receive(ONE, recorder.handler, { concurrency: 2 });

    await sender.transport.publish([createMessage()]);
    await recorder.untilDone(1);
    await worker[Symbol.asyncDispose]();
    await using heir = await broker.open();
    const taken = createRecorder();
    await using _receiver = heir.transport.receive(ONE, taken.handler, { concurrency: 1 });
    await sender.transport.publish([createMessage({ body: 'for the heir' })]);
    await taken.untilDone(1);

    expect(bodiesOf(taken.done)).toEqual(['for the heir']);
    expect(recorder.deliveries).toHaveLength(1);
  });

  test(
    `of ${flood.toLocaleString('en')} messages over two receivers none is lost, none is doubled in effect, and order is kept`,
    { timeout: FLOOD.limitMs + 60_000 },
    async ({ annotate }) => {
      await using broker = await start();
      await using first = await broker.open();
      await using second = await broker.open();
      const messages: Message[] = Array.from({ length: flood }, (_, index) =>
        createMessage({ orderKey: `key-${index % FLOOD.keys}`, body: String(index) }),
      );
      const [inbox, effects] = [new Set<string>(), new Map<string | null, number[]>()];
      const recorder = createRecorder(async ({ id, body, orderKey, attempt }) => {
        if (Number(body) % 1000 === 7 && attempt === 1) throw new Error('fails the first time');
        if (inbox.has(id)) return;
        inbox.add(id);
        effects.set(orderKey, [...(effects.get(orderKey) ?? []), Number(body)]);
      });
      const startedAt = performance.now();
      await using _first = first.transport.receive(ONE, recorder.handler, { concurrency: 16 });
      await using _second = second.transport.receive(ONE, recorder.handler, { concurrency: 16 });

      for (let index = 0; index < messages.length; index += FLOOD.batch) {
        await first.transport.publish(messages.slice(index, index + FLOOD.batch));
      }
      const publishedAt = performance.now();
      await until('all effects', () => inbox.size === flood, FLOOD.limitMs);
      const rate = (flood / (performance.now() - startedAt)) * 1000;
      await annotate(
        `${Math.round(rate)} messages/s end to end, published in ${Math.round(publishedAt - startedAt)} ms`,
      );

      const perKey = flood / FLOOD.keys;
      for (let key = 0; key < FLOOD.keys; key += 1) {
        expect(effects.get(`key-${key}`)).toEqual(
          Array.from({ length: perKey }, (_, round) => round * FLOOD.keys + key),
        );
      }
      await expect(first.transport.listDeadLetters(ONE, 10)).resolves.toEqual([]);
    },
  );
}
