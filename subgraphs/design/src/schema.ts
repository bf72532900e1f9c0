import { buildSchema } from '@flowgrid/platform';
import type { GraphQLSchema } from 'graphql';
import { resolvers as acceptance } from './modules/acceptance/resolvers.ts';
import { resolvers as agentModel } from './modules/archimate/agent/resolvers.ts';
import { resolvers as archimateDelta } from './modules/archimate/delta/resolvers.ts';
import { resolvers as archimate } from './modules/archimate/import/resolvers.ts';
import { resolvers as aiUsage } from './modules/ai-usage/resolvers.ts';
import { resolvers as artifact } from './modules/artifact/resolvers.ts';
import { resolvers as artifactPush } from './modules/artifact-push/resolvers.ts';
import { resolvers as processModel } from './modules/process-model/resolvers.ts';
import { resolvers as progress } from './modules/progress/resolvers.ts';
import { resolvers as proposal } from './modules/proposal/resolvers.ts';
import { resolvers as session } from './modules/session/resolvers.ts';

export function createSchema(): GraphQLSchema {
  const module = (path: string, resolvers: object) => ({
    typeDefs: new URL(`modules/${path}.graphql`, import.meta.url),
    resolvers,
  });
  return buildSchema(new URL('schema.graphql', import.meta.url), [
    module('session/session', session),
    module('progress/progress', progress),
    module('process-model/process-model', processModel),
    // Plain data: every field has the name that it has in the domain.
    module('definition/definition', {}),
    module('ai-usage/ai-usage', aiUsage),
    module('artifact/artifact', artifact),
    module('artifact-push/artifact-push', artifactPush),
    module('archimate/import/archimate-import', archimate),
    module('archimate/delta/delta', archimateDelta),
    module('archimate/agent/agent-model', agentModel),
    module('acceptance/acceptance', acceptance),
    module('proposal/proposal', proposal),
    module('intake/intake', {}),
  ]);
}
