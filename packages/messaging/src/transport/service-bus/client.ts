import { RetryMode, ServiceBusClient } from '@azure/service-bus';
import type { ServiceBusAddress } from '../service-bus.ts';

/**
 * The SDK waits 30 s between attempts and a minute for an answer unless told otherwise. The time limit is also how long an
 * idle receiver waits for its next session before it asks again.
 */
const RETRY_OPTIONS = {
  mode: RetryMode.Exponential,
  maxRetries: 2,
  retryDelayInMs: 200,
  maxRetryDelayInMs: 5_000,
  timeoutInMs: 10_000,
};

export async function openClient(address: ServiceBusAddress): Promise<ServiceBusClient> {
  const options = { retryOptions: RETRY_OPTIONS, identifier: 'flowgrid' };
  if ('connectionString' in address) return new ServiceBusClient(address.connectionString, options);
  const { DefaultAzureCredential, ManagedIdentityCredential } = await import('@azure/identity');
  const credential =
    address.managedIdentityClientId === undefined
      ? new DefaultAzureCredential()
      : new ManagedIdentityCredential({ clientId: address.managedIdentityClientId });
  return new ServiceBusClient(address.namespace, credential, options);
}
