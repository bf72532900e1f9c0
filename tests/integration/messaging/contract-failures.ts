/** What becomes of a message whose handler throws. */
import { DeadLetterError, type DeadLetter } from '@flowgrid/messaging';
import { expect, test } from 'vitest';
import { until } from '../../testkit/wait.ts';
import {
  bodiesOf,
  contractTopology,
  type ContractSubject,
  createMessage,
  createRecorder,
  createSeries,
  idsOf,
  MAX_DELIVERIES,
  ONE,
  type OpenTransport,
  QUEUE,
  TWO,
} from './contract-fixture.ts';

const listed = async (open: OpenTransport, count: number, source = ONE): Promise<readonly DeadLetter[]> =>
  await until(`${count} dead letters`, async () => {
    const letters = await open.transport.listDeadLetters(source, 100);
    return letters.length >= count ? letters : null;
  });

export function failureCases(subject: ContractSubject): void {
  const start = () => subject.start(contractTopology(subject.lockSeconds));

  test('a message whose handler throws is delivered again, and its attempts are counted', async () => {
    await using broker = await start();
    await using open = await broker.open();
    const recorder = createRecorder(async ({ attempt }) => {
      if (attempt < MAX_DELIVERIES) throw new Error('not yet');
    });
    await using _receiver = open.transport.receive(ONE, recorder.handler, { concurrency: 1 });
    const message = createMessage({ orderKey: 'again' });

    await open.transport.publish([message]);
    await recorder.untilDone(1);

    expect(recorder.deliveries.map(({ id, attempt }) => [id, attempt])).toEqual(
      Array.from({ length: MAX_DELIVERIES }, (_, index) => [message.id, index + 1]),
    );
    await expect(open.transport.listDeadLetters(ONE, 10)).resolves.toEqual([]);
  });

  test('failures in between keep the order of their key', async () => {
    await using broker = await start();
    await using first = await broker.open();
    await using second = await broker.open();
    const recorder = createRecorder(async ({ body, attempt }) => {
      if (Number(body) % 3 === 1 && attempt === 1) throw new Error('fails the first time');
    });
    await using _first = first.transport.receive(ONE, recorder.handler, { concurrency: 3 });
    await using _second = second.transport.receive(ONE, recorder.handler, { concurrency: 3 });
    const keys = ['a', 'b', 'c', 'd'].map((key) => createSeries(key, 9));

    await first.transport.publish(keys.flat());
    await recorder.untilDone(36);

    const deliveredOnce = ['0', '1', '1', '2', '3', '4', '4', '5', '6', '7', '7', '8'];
    for (const [{ orderKey } = createMessage()] of keys) {
      const ofKey = recorder.deliveries.filter((delivery) => delivery.orderKey === orderKey);
      expect(bodiesOf(ofKey)).toEqual(deliveredOnce);
    }
  });

  test('a poison message goes to the dead letters with its reason, and blocks no other', async () => {
    await using broker = await start();
    await using open = await broker.open();
    const recorder = createRecorder(async ({ body }) => {
      if (body === 'poison') throw new Error('cannot be digested');
    });
    await using _receiver = open.transport.receive(ONE, recorder.handler, { concurrency: 2 });
    const poison = createMessage({ orderKey: 'poisoned', body: 'poison' });
    const behind = createMessage({ orderKey: 'poisoned', body: 'behind' });
    const beside = createMessage({ orderKey: 'healthy', body: 'beside' });
    const before = Date.now();

    await open.transport.publish([poison, behind, beside]);
    await recorder.untilDone(2);
    const letters = await listed(open, 1);

    expect(bodiesOf(recorder.done).toSorted()).toEqual(['behind', 'beside']);
    expect(recorder.deliveries.filter(({ body }) => body === 'poison').map(({ attempt }) => attempt)).toEqual(
      Array.from({ length: MAX_DELIVERIES }, (_, index) => index + 1),
    );
    const { deadAt, ...letter } = letters[0] ?? { deadAt: new Date(0) };
    expect(letter).toEqual({ ...poison, reason: 'max-deliveries', description: 'cannot be digested' });
    // The broker's clock is another one.
    expect(Math.abs(deadAt.getTime() - before)).toBeLessThan(60_000);
    expect(letters).toHaveLength(1);
  });

  test('a DeadLetterError sends the message to the dead letters at once', async () => {
    await using broker = await start();
    await using open = await broker.open();
    const recorder = createRecorder(async ({ body }) => {
      if (body !== 'fine') throw new DeadLetterError('unknown-type', 'no handler for agent.teleported');
    });
    const source = { queue: QUEUE };
    await using _receiver = open.transport.receive(source, recorder.handler, { concurrency: 1 });
    const bad = createMessage({ orderKey: 'key' });
    const fine = createMessage({ orderKey: 'key', body: 'fine' });

    await open.transport.send(QUEUE, [bad, fine]);
    await recorder.untilDone(1);
    const [{ deadAt: _, ...letter } = {}, ...others] = await listed(open, 1, source);

    expect(letter).toEqual({
      ...bad,
      reason: 'unknown-type',
      description: 'no handler for agent.teleported',
    });
    expect(others).toEqual([]);
    expect(recorder.deliveries.map(({ attempt }) => attempt)).toEqual([1, 1]);
  });

  test('dead letters are listed oldest first, as many as asked for, and stay', async () => {
    await using broker = await start();
    await using open = await broker.open();
    const refuse = createRecorder(async ({ body }) => {
      throw new DeadLetterError('invalid-data', `x${body}`.repeat(2_000));
    });
    await using _receiver = open.transport.receive(ONE, refuse.handler, { concurrency: 1 });
    const series = createSeries('refused', 5);

    await open.transport.publish(series);
    await listed(open, 5);
    const letters = await open.transport.listDeadLetters(ONE, 3);

    expect(idsOf(letters)).toEqual(idsOf(series.slice(0, 3)));
    await expect(listed(open, 5)).resolves.toHaveLength(5);
    await expect(open.transport.listDeadLetters(TWO, 10)).resolves.toEqual([]);
    // Brokers keep so much of a description; what is kept is its beginning.
    expect(letters[0]?.description).toMatch(/^(x0){500}/u);
  });

  test('replayed dead letters are delivered again to their source alone, with the same id', async () => {
    await using broker = await start();
    await using open = await broker.open();
    let isMended = false;
    const work = async (): Promise<void> => {
      if (!isMended) throw new DeadLetterError('invalid-data', 'not yet mended');
    };
    const [one, two] = [createRecorder(work), createRecorder(work)];
    await using _one = open.transport.receive(ONE, one.handler, { concurrency: 1 });
    await using _two = open.transport.receive(TWO, two.handler, { concurrency: 1 });
    const messages = ['a', 'b', 'c'].map((body) =>
      createMessage({ type: 'shared.broken', orderKey: 'shared', body }),
    );
    const marker = createMessage({ type: 'shared.marker', orderKey: 'shared', body: 'marker' });

    await open.transport.publish(messages);
    await listed(open, 3, ONE);
    await listed(open, 3, TWO);
    isMended = true;
    const chosen = await open.transport.replayDeadLetters(ONE, idsOf(messages.slice(1, 2)));
    await one.untilDone(1);
    const rest = await open.transport.replayDeadLetters(ONE);
    await one.untilDone(3);
    await open.transport.publish([marker]);
    await one.untilDone(4);
    await two.untilDone(1);

    expect([chosen, rest]).toEqual([1, 2]);
    expect(bodiesOf(one.done)).toEqual(['b', 'a', 'c', 'marker']);
    const [{ signal: _, ...replayed } = {}] = one.done;
    expect(replayed).toEqual({ ...messages[1], attempt: 1 });
    expect(bodiesOf(two.done)).toEqual(['marker']);
    await expect(open.transport.listDeadLetters(ONE, 10)).resolves.toEqual([]);
    await expect(open.transport.listDeadLetters(TWO, 10)).resolves.toHaveLength(3);
    await expect(open.transport.replayDeadLetters(ONE)).resolves.toBe(0);
  });

  test('a replayed message that fails again is a dead letter again, and can be replayed again', async () => {
    await using broker = await start();
    await using open = await broker.open();
    let failures = 0;
    const recorder = createRecorder(async () => {
      failures += 1;
      if (failures <= 2) throw new DeadLetterError('invalid-data', `failure ${failures}`);
    });
    const source = { queue: QUEUE };
    await using _receiver = open.transport.receive(source, recorder.handler, { concurrency: 1 });
    const message = createMessage();

    await open.transport.send(QUEUE, [message]);
    await listed(open, 1, source);
    await expect(open.transport.replayDeadLetters(source, [message.id])).resolves.toBe(1);
    await recorder.untilDelivered(2);
    const [letter] = await listed(open, 1, source);
    await expect(open.transport.replayDeadLetters(source, [message.id])).resolves.toBe(1);
    await recorder.untilDone(1);

    expect(letter).toMatchObject({ ...message, reason: 'invalid-data', description: 'failure 2' });
    expect(recorder.done[0]).toMatchObject({ ...message, attempt: 1 });
    await expect(open.transport.listDeadLetters(source, 10)).resolves.toEqual([]);
  });
}
