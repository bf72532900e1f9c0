import { mutationPayload } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';

export const resolvers: Resolvers = {
  Mutation: {
    startSync: (_root, { input }, { request, services }) =>
      mutationPayload('sync', () => services.syncs.start(request, input)),
    syncNow: (_root, { input }, { request, services }) =>
      mutationPayload('sync', () => services.syncs.runNow(request, input.id)),
    stopSync: (_root, { input }, { request, services }) =>
      mutationPayload('sync', () => services.syncs.stop(request, input.id)),
  },
  Integration: {
    syncs: ({ id }, _args, { loaders }) => loaders.syncsOfIntegration.load(id),
  },
  IntegrationSync: {
    nextRunAt: ({ state, dueAt }) => (state === 'RUNNING' ? null : dueAt),
  },
};
