import { ServiceBusClient } from '@azure/service-bus';
import type { ServiceBusAddress } from '../service-bus.ts';

/** How long the broker is waited for; also how long an idle receiver waits for its next session before it asks again. */
export const ANSWER_TIMEOUT_MS = 10_000;

/**
 * Left alone, the SDK waits 30 s between attempts. It makes none here: its next attempt would bring a connection back to
 * life that `ServiceBusConnection` has given up.
 */
const OPTIONS = { retryOptions: { maxRetries: 0, timeoutInMs: ANSWER_TIMEOUT_MS }, identifier: 'flowgrid' };

/** Gives a way to open clients; each connects when it is first used. */
export async function prepareClients(address: ServiceBusAddress): Promise<() => ServiceBusClient> {
  if ('connectionString' in address) {
    return () => new ServiceBusClient(address.connectionString, OPTIONS);
  }
  const { DefaultAzureCredential } = await import('@azure/identity');
  // One for all clients: it keeps the tokens. Of several identities, `AZURE_CLIENT_ID` chooses one.
  const credential = new DefaultAzureCredential();
  return () => new ServiceBusClient(address.namespace, credential, OPTIONS);
}
