/** What is read of the environment about inbound hooks. */
import { z } from 'zod';

export const hooksEnv = {
  HOOK_MESSAGES_PER_MINUTE: z.coerce
    .number()
    .int()
    .positive()
    .default(6_000)
    .describe(
      'Messages that one inbound hook takes in a minute from one client address; more are answered 429.',
    ),
  HOOK_CLIENT_MESSAGES_PER_MINUTE: z.coerce
    .number()
    .int()
    .positive()
    .default(60_000)
    .describe(
      'Messages to all hooks from one client address in a minute. Vendors send for many tenants from few.',
    ),
};

export const publicUrlEnv = {
  PUBLIC_URL: z
    .url()
    .describe('Where clients and other systems reach the platform, and with it /hooks/<address>.'),
};
