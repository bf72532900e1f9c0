/**
 * `node tests/testkit/amqp/main.ts [port] [key]`: the broker as a process of its own, with the product's topic and queues.
 * With the same port and key it can be killed and started again, as an empty namespace.
 */
import { startAmqpBroker } from './broker.ts';

const [port = '0', key] = process.argv.slice(2);
const broker = await startAmqpBroker({ port: Number(port), ...(key === undefined ? {} : { key }) });
process.stdout.write(`${broker.connectionString()}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void broker[Symbol.asyncDispose]().then(() => process.exit(0));
  });
}
