import { readFile } from 'node:fs/promises';
import { EVENTS_TOPIC, QUEUES, SUBSCRIPTIONS } from '@flowgrid/messaging';
import { expect, test } from 'vitest';
import { toEmulatorConfig } from '../../testkit/service-bus-emulator/config.ts';

const file = new URL('../../../deploy/servicebus/config.json', import.meta.url);

test("the emulator's configuration is that of the topology", async () => {
  const written: unknown = JSON.parse(await readFile(file, 'utf8'));

  expect(written, 'write it anew: node tests/testkit/service-bus-emulator/write-config.ts').toEqual(
    toEmulatorConfig(),
  );
});

test('the configuration names every source of the product, with sessions and within the limits of the emulator', async () => {
  const text = await readFile(file, 'utf8');
  const sources = [
    ...text.matchAll(/"LockDuration": "PT(\d+)S",\s+"MaxDeliveryCount": (\d+),\s+"RequiresSession": true/gu),
  ];

  for (const name of [EVENTS_TOPIC, ...Object.keys(SUBSCRIPTIONS), ...Object.keys(QUEUES)]) {
    expect(text).toContain(`"Name": "${name}"`);
  }
  expect(sources.length).toBe(text.match(/"LockDuration"/gu)?.length);
  for (const [, lockSeconds, deliveries] of sources) {
    expect(Number(lockSeconds)).toBeGreaterThanOrEqual(5);
    expect(Number(lockSeconds)).toBeLessThanOrEqual(300);
    expect(Number(deliveries)).toBeLessThanOrEqual(10);
  }
});
