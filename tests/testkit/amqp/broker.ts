/**
 * An AMQP 1.0 broker that behaves like Azure Service Bus towards its official SDK: `$cbs`, batches, topics with
 * subscriptions and correlation filters, peek-lock, sessions, scheduled messages, duplicate detection, dead letters.
 * It keeps everything in memory, listens on the loopback interface only, and fails on demand.
 * Not offered: deferred messages, rules by request, time to live, transactions, partitions.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import rhea, { type Connection, type EventContext } from 'rhea';
import { BrokerConnection } from './connection.ts';
import { KEY_NAME } from './claims.ts';
import { AmqpFailure } from './errors.ts';
import { Faults } from './faults.ts';
import { type NamespaceSettings, toNamespace } from './namespace.ts';
import { Store } from './store.ts';

export interface AmqpBroker extends AsyncDisposable {
  readonly port: number;
  readonly faults: Faults;
  /** For clients that reach it directly, or by another port: a proxy's. */
  connectionString(port?: number): string;
  /** How many clients are connected. */
  readonly connections: number;
  /** Ends all locks now, as if their time were over. */
  expireLocks(): void;
  /** Ends all connections without a word. */
  cutConnections(): void;
  /** Ends all connections with `amqp:connection:forced`, as the service does when it moves. */
  closeConnections(): void;
  /** Forgets the messages, as a namespace that was just made. */
  clear(): void;
}

export interface BrokerOptions {
  readonly namespace?: NamespaceSettings;
  readonly port?: number;
  readonly key?: string;
}

export async function startAmqpBroker(options: BrokerOptions = {}): Promise<AmqpBroker> {
  const { namespace = toNamespace(), port = 0, key = randomBytes(32).toString('base64') } = options;
  const container = rhea.create_container({
    id: 'service-bus',
    // What the broker says about a delivery comes from the entity, not from rhea.
    receiver_options: { autoaccept: false },
    sender_options: { treat_modified_as_released: false },
  });
  container.sasl_server_mechanisms.enable_anonymous();
  const faults = new Faults();
  const connections = new Map<Connection, BrokerConnection>();
  let store = new Store(namespace);

  const find = ({ connection }: EventContext): BrokerConnection => {
    const known = connections.get(connection);
    if (known !== undefined) return known;
    const created = new BrokerConnection({ store, faults, key });
    connections.set(connection, created);
    return created;
  };
  const forget = ({ connection }: EventContext): void => {
    connections.get(connection)?.dispose();
    connections.delete(connection);
  };
  container.on('connection_open', find);
  container.on('sender_open', (context: EventContext) => {
    if (context.sender !== undefined) find(context).onReceiverOf(context.sender);
  });
  container.on('receiver_open', (context: EventContext) => {
    if (context.receiver !== undefined) find(context).onSenderOf(context.receiver);
  });
  container.on('session_close', (context: EventContext) => {
    if (context.session !== undefined) connections.get(context.connection)?.onSessionEnd(context.session);
  });
  container.on('connection_close', forget);
  container.on('disconnected', forget);
  // A client that breaks off is everyday life for a broker.
  for (const event of [
    'connection_error',
    'protocol_error',
    'session_error',
    'sender_error',
    'receiver_error',
    'error',
  ]) {
    container.on(event, () => {});
  }

  const sockets = new Set<Socket>();
  const server = container.listen({ port, host: '127.0.0.1' });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the broker has no address');
  const cutConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    faults,
    get connections() {
      return connections.size;
    },
    connectionString: (clientPort = address.port) =>
      `Endpoint=sb://localhost:${clientPort};SharedAccessKeyName=${KEY_NAME};SharedAccessKey=${key};UseDevelopmentEmulator=true;`,
    expireLocks: () => store.expireLocks(),
    cutConnections,
    closeConnections: () => {
      const failure = new AmqpFailure('amqp:connection:forced', 'The connection was closed by the service.');
      for (const connection of connections.keys()) connection.close(failure.toAmqp());
    },
    clear: () => {
      store.dispose();
      store = new Store(namespace);
      cutConnections();
    },
    [Symbol.asyncDispose]: async () => {
      store.dispose();
      const closed = once(server, 'close');
      server.close();
      cutConnections();
      await closed;
    },
  };
}
