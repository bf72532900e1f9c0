import { expect, test } from 'vitest';
import { createLogger } from '@flowgrid/platform';
import { createOutboxAnnouncer } from './open-outbox.ts';

const logger = createLogger({ name: 'test', level: 'silent' });

test('calls while an announcement is on its way become one more', async () => {
  const published: string[] = [];
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const announce = createOutboxAnnouncer({
    service: 'agents',
    announcements: {
      publish: (_channel, service) => {
        published.push(service);
        if (published.length === 2) second.resolve();
        return published.length === 1 ? first.promise : Promise.resolve();
      },
      subscribe: () => Promise.resolve(),
    },
    logger,
  });

  for (let count = 0; count < 100; count += 1) announce();
  const whileOnItsWay = published.length;
  first.resolve();
  await second.promise;

  expect([whileOnItsWay, published]).toEqual([1, ['agents', 'agents']]);
});

test('an announcement that fails is nobody’s problem, and the next one is made', async () => {
  let tries = 0;
  const again = Promise.withResolvers<void>();
  const announce = createOutboxAnnouncer({
    service: 'agents',
    announcements: {
      publish: () => {
        tries += 1;
        if (tries === 2) again.resolve();
        return Promise.reject(new Error('away'));
      },
      subscribe: () => Promise.resolve(),
    },
    logger,
  });

  announce();
  announce();
  await again.promise;

  expect(tries).toBe(2);
});
