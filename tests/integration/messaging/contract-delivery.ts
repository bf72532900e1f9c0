/** Who is given which message, in which order and how many at once. */
import { MAX_BODY_BYTES } from '@flowgrid/messaging';
import { expect, test } from 'vitest';
import { until } from '../../testkit/wait.ts';
import {
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
  TWO,
} from './contract-fixture.ts';

export function deliveryCases(subject: ContractSubject): void {
  const start = () => subject.start(contractTopology(subject.lockSeconds));

  test('a message arrives as it was sent', async () => {
    await using broker = await start();
    await using sender = await broker.open();
    await using worker = await broker.open();
    const recorder = createRecorder();
    await using _receiver = worker.transport.receive(ONE, recorder.handler, { concurrency: 1 });
    const message = createMessage({
      type: 'one.renamed',
      orderKey: 'tenant:1/agent:äöü "quoted"',
      body: JSON.stringify({ name: 'Zoë 🤖 \u0000 end', nested: [1, null] }),
    });

    await sender.transport.publish([message]);
    await recorder.untilDone(1);

    const [{ attempt, signal, ...received } = {}] = recorder.done;
    expect(received).toEqual(message);
    expect({ attempt, isAborted: signal?.aborted }).toEqual({ attempt: 1, isAborted: false });
  });

  test('every subscription is given a copy of what its filter takes, and nothing else', async () => {
    await using broker = await start();
    await using open = await broker.open();
    const [one, two] = [createRecorder(), createRecorder()];
    await using _one = open.transport.receive(ONE, one.handler, { concurrency: 1 });
    await using _two = open.transport.receive(TWO, two.handler, { concurrency: 1 });
    const types = ['one.a', 'two.a', 'shared.a', 'none.a', 'onemore.a', 'one.b', 'two.b'];

    await open.transport.publish(types.map((type) => createMessage({ type, orderKey: 'same' })));
    await one.untilDone(3);
    await two.untilDone(3);

    expect(one.done.map(({ type }) => type)).toEqual(['one.a', 'shared.a', 'one.b']);
    expect(two.done.map(({ type }) => type)).toEqual(['two.a', 'shared.a', 'two.b']);
  });

  test('what is published while nobody receives waits for the receiver', async () => {
    await using broker = await start();
    const recorder = createRecorder();
    const series = createSeries('waiting', 5);

    {
      await using sender = await broker.open();
      await sender.transport.publish(series);
    }
    await using worker = await broker.open();
    await using _receiver = worker.transport.receive(ONE, recorder.handler, { concurrency: 3 });
    await recorder.untilDone(5);

    expect(idsOf(recorder.done)).toEqual(idsOf(series));
  });

  test('messages of one order key arrive one at a time in the order of sending, over two receivers', async () => {
    await using broker = await start();
    await using first = await broker.open();
    await using second = await broker.open();
    const keys = Array.from({ length: 12 }, (_, index) => `key-${index}`);
    const series = new Map(keys.map((key) => [key, createSeries(key, 8)]));
    const active = new Set<string | null>();
    const overlaps: string[] = [];
    const recorder = createRecorder(async ({ orderKey }) => {
      if (active.has(orderKey)) overlaps.push(String(orderKey));
      active.add(orderKey);
      await new Promise(setImmediate);
      active.delete(orderKey);
    });
    await using _first = first.transport.receive(ONE, recorder.handler, { concurrency: 4 });
    await using _second = second.transport.receive(ONE, recorder.handler, { concurrency: 4 });

    for (let index = 0; index < 8; index += 1) {
      await first.transport.publish([...series.values()].flatMap((messages) => messages[index] ?? []));
    }
    await recorder.untilDone(96);

    expect(overlaps).toEqual([]);
    for (const [key, messages] of series) {
      expect(idsOf(recorder.done.filter(({ orderKey }) => orderKey === key))).toEqual(idsOf(messages));
    }
  });

  test('messages without an order key do not wait for each other', async () => {
    await using broker = await start();
    await using open = await broker.open();
    const gate = createGate();
    const stuck = createMessage({ body: 'stuck' });
    const recorder = createRecorder(async ({ id }) => {
      if (id === stuck.id) await gate.opened;
    });
    await using _receiver = open.transport.receive(ONE, recorder.handler, { concurrency: 2 });
    const others = Array.from({ length: 6 }, () => createMessage());

    await open.transport.publish([stuck, ...others]);
    await recorder.untilDone(6);
    gate.open();
    await recorder.untilDone(7);

    expect(idsOf(recorder.done).toSorted()).toEqual(idsOf([stuck, ...others]).toSorted());
    expect(recorder.done.at(-1)?.id).toBe(stuck.id);
  });

  test('a receiver works on as many deliveries at once as it may, and on no more', async () => {
    await using broker = await start();
    await using open = await broker.open();
    const gate = createGate();
    let active = 0;
    let most = 0;
    const recorder = createRecorder(async () => {
      active += 1;
      most = Math.max(most, active);
      await gate.opened;
      active -= 1;
    });
    await using _receiver = open.transport.receive(ONE, recorder.handler, { concurrency: 3 });

    await open.transport.publish(Array.from({ length: 9 }, () => createMessage()));
    await until('three at once', () => active === 3);
    gate.open();
    await recorder.untilDone(9);

    expect(most).toBe(3);
  });

  test('a queue gives each message to one receiver, and takes none of the topic', async () => {
    await using broker = await start();
    await using first = await broker.open();
    await using second = await broker.open();
    const recorder = createRecorder();
    await using _first = first.transport.receive({ queue: QUEUE }, recorder.handler, { concurrency: 2 });
    await using _second = second.transport.receive({ queue: QUEUE }, recorder.handler, { concurrency: 2 });
    const jobs = Array.from({ length: 20 }, () => createMessage({ type: 'design' }));

    await first.transport.publish([createMessage()]);
    await first.transport.send(QUEUE, jobs);
    await recorder.untilDone(20);

    expect(idsOf(recorder.deliveries).toSorted()).toEqual(idsOf(jobs).toSorted());
  });

  test('a message of a queue is not received before its time, and holds up no other', async () => {
    await using broker = await start();
    await using open = await broker.open();
    const notBefore = new Date(Date.now() + 2_000);
    const arrivals = new Map<string, number>();
    const recorder = createRecorder(async ({ id }) => {
      arrivals.set(id, Date.now());
    });
    await using _receiver = open.transport.receive({ queue: QUEUE }, recorder.handler, { concurrency: 1 });
    const [later, now] = [createMessage({ body: 'later' }), createMessage({ body: 'now' })];

    await open.transport.send(QUEUE, [later], { notBefore });
    await open.transport.send(QUEUE, [now]);
    await recorder.untilDone(2);

    expect(bodiesOf(recorder.done)).toEqual(['now', 'later']);
    expect(arrivals.get(later.id)).toBeGreaterThanOrEqual(notBefore.getTime());
  });

  test('the same message sent twice has its effect once', async () => {
    await using broker = await start();
    await using open = await broker.open();
    const [inbox, effects] = [new Set<string>(), [] as string[]];
    const recorder = createRecorder(async ({ id, body }) => {
      if (inbox.has(id)) return;
      inbox.add(id);
      effects.push(body);
    });
    await using _receiver = open.transport.receive(ONE, recorder.handler, { concurrency: 2 });
    const message = createMessage({ orderKey: 'twice', body: 'effect' });
    const marker = createMessage({ orderKey: 'twice', body: 'marker' });

    await open.transport.publish([message]);
    await open.transport.publish([message]);
    await open.transport.publish([marker]);
    await until('the marker behind the duplicate', () => effects.includes('marker'));

    expect(effects).toEqual(['effect', 'marker']);
  });

  test('a body of the largest size arrives, a larger one is refused with its size', async () => {
    await using broker = await start();
    await using open = await broker.open();
    const recorder = createRecorder();
    await using _one = open.transport.receive(ONE, recorder.handler, { concurrency: 1 });
    await using _queue = open.transport.receive({ queue: QUEUE }, recorder.handler, { concurrency: 1 });
    // Two bytes each in UTF-8: characters are not what is counted.
    const largest = createMessage({ body: `"${'ä'.repeat(MAX_BODY_BYTES / 2 - 1)}"`, orderKey: 'large' });
    const tooLarge = createMessage({ body: `${largest.body}x`, orderKey: 'large' });
    const small = createMessage({ orderKey: 'large' });

    await expect(open.transport.publish([small, tooLarge])).rejects.toThrow(String(MAX_BODY_BYTES));
    await expect(open.transport.send(QUEUE, [tooLarge])).rejects.toThrow(String(MAX_BODY_BYTES));
    await open.transport.publish([largest]);
    await open.transport.send(QUEUE, [largest]);
    await recorder.untilDone(2);

    expect(recorder.deliveries.map(({ id, body }) => [id, body === largest.body])).toEqual([
      [largest.id, true],
      [largest.id, true],
    ]);
  });

  test('many large messages in one call arrive in order', async () => {
    await using broker = await start();
    await using open = await broker.open();
    const recorder = createRecorder();
    await using _receiver = open.transport.receive(ONE, recorder.handler, { concurrency: 2 });
    const messages = Array.from({ length: 12 }, (_, index) =>
      createMessage({ orderKey: 'heavy', body: `"${index}${'x'.repeat(100_000)}"` }),
    );

    await open.transport.publish(messages);
    await recorder.untilDone(12);

    expect(idsOf(recorder.done)).toEqual(idsOf(messages));
  });

  test('publishing nothing is no error', async () => {
    await using broker = await start();
    await using open = await broker.open();

    await expect(open.transport.publish([])).resolves.toBeUndefined();
    await expect(open.transport.send(QUEUE, [])).resolves.toBeUndefined();
    await expect(open.transport.checkReady()).resolves.toBeUndefined();
  });
}
