/** `node tests/testkit/service-bus-emulator/write-config.ts`: writes the emulator's configuration anew from the topology. */
import { writeFile } from 'node:fs/promises';
import { toEmulatorConfig } from './config.ts';

const file = new URL('../../../deploy/servicebus/config.json', import.meta.url);
await writeFile(file, `${JSON.stringify(toEmulatorConfig(), null, 2)}\n`);
