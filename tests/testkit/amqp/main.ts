/** `node tests/testkit/amqp/main.ts [port]`: the broker as a process of its own, with the product's topic and queues. */
import { startAmqpBroker } from './broker.ts';

const [port = '0'] = process.argv.slice(2);
const broker = await startAmqpBroker({ port: Number(port) });
process.stdout.write(`${broker.connectionString()}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void broker[Symbol.asyncDispose]().then(() => process.exit(0));
  });
}
