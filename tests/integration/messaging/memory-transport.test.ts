import { MemoryBroker, MemoryTransport } from '@flowgrid/messaging';
import { describeTransport } from './transport-contract.ts';

describeTransport({
  name: 'memory',
  lockSeconds: 0.3,
  start: async (topology) => {
    const broker = new MemoryBroker(topology);
    return {
      open: async () => {
        const transport = new MemoryTransport(broker, { retryDelayMs: (attempt) => attempt * 5 });
        return {
          transport,
          setReachable: (isReachable) => transport.setReachable(isReachable),
          [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
        };
      },
      [Symbol.asyncDispose]: async () => {},
    };
  },
});
