import { InvalidInput, mutationPayload } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';
import { setupOf } from './hook-setup.ts';

export const resolvers: Resolvers = {
  Query: {
    inboundHooks: (_root, _args, { request, services }) => services.inboundHooks.list(request),
    inboundHook: (_root, { id }, { request, services }) => services.inboundHooks.find(request, id),
    inboundDeliveries: (_root, { hookId, ...page }, { request, services }) =>
      services.inboundDeliveries.list(request, hookId, page),
  },
  Mutation: {
    createInboundHook: (_root, { input }, { request, services }) =>
      orErrors({ hook: null, secret: null }, () => services.inboundHooks.create(request, input)),
    updateInboundHook: (_root, { input }, { request, services }) =>
      mutationPayload('hook', () => services.inboundHooks.update(request, input)),
    rotateInboundHookSecret: (_root, { input }, { request, services }) =>
      orErrors({ hook: null, secret: null }, () => services.inboundHooks.rotateSecret(request, input)),
    deleteInboundHook: (_root, { input }, { request, services }) =>
      mutationPayload('hook', async () => {
        await services.inboundRegistrations.removeAll(request, { hookId: input.id });
        return services.inboundHooks.delete(request, input.id);
      }),
    retryInboundDelivery: (_root, { input }, { request, services }) =>
      mutationPayload('delivery', () => services.inboundDeliveries.retry(request, input.id)),
    registerInboundHook: (_root, { input }, { request, services }) =>
      orErrors({ hook: null, registration: null }, () =>
        services.inboundRegistrations.register(request, input),
      ),
    unregisterInboundHook: (_root, { input }, { request, services }) =>
      mutationPayload('hook', () => services.inboundRegistrations.unregister(request, input.id)),
  },
  InboundHook: {
    integration: ({ integrationId }, _args, { loaders }) =>
      integrationId === null ? null : loaders.integration.load(integrationId),
    url: (hook, _args, { services }) => services.inboundHooks.urlOf(hook),
    setup: (hook, _args, { services }) => setupOf(hook, services.inboundHooks.urlOf(hook)),
    registrations: ({ id }, _args, { loaders }) => loaders.registrationsOfHook.load(id),
  },
};

/** Like `mutationPayload`, for what has more than one name. */
async function orErrors<Empty extends object, Result extends object>(
  empty: Empty,
  work: () => Promise<Result>,
): Promise<(Empty | Result) & { readonly errors: InvalidInput['errors'] }> {
  try {
    return { ...(await work()), errors: [] };
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { ...empty, errors: error.errors };
  }
}
