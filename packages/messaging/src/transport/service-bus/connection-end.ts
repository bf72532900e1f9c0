/** When the connection of a client ends: the SDK knows and does not say. */
import type { ServiceBusClient } from '@azure/service-bus';

interface Emitter {
  on(event: string, listener: () => void): unknown;
}

/** `disconnected` is a lost connection, `connection_close` one that the service closed: of that the SDK takes no notice. */
const ENDS = ['disconnected', 'connection_close'];

export function onConnectionEnd(client: ServiceBusClient, listener: () => void): void {
  const { connection } = (client as unknown as { _connectionContext: { connection: Emitter } })
    ._connectionContext;
  for (const event of ENDS) connection.on(event, listener);
}
