/** The variables of every process, as the processes themselves describe them. */
import { z } from 'zod';
import { serviceEnv, serviceUrls } from '@flowgrid/platform';
import { LauncherEnv } from '../../local/src/env.ts';
import { migrateEnv } from '../../packages/db/src/env.ts';
import { deadLettersEnv } from '../../packages/messaging/src/dead-letters/env.ts';
import { routerEnv } from '../../router/src/env.ts';
import { agentsEnv } from '../../subgraphs/agents/src/env.ts';
import { authEnv } from '../../subgraphs/auth/src/env.ts';
import { designEnv, workerEnv } from '../../subgraphs/design/src/env.ts';
import {
  credentialsCommandEnv,
  deliveryWorkerEnv,
  integrationsEnv,
} from '../../subgraphs/integrations/src/env.ts';

/** The section of what all services read. */
export const COMMON = 'every service';

const SUBGRAPHS = ['AGENTS', 'AUTH', 'DESIGN', 'INTEGRATIONS'];
const subgraphUrls = Object.fromEntries(
  SUBGRAPHS.map((name) => [
    `SUBGRAPH_${name}_URL`,
    serviceUrls.describe(`Addresses of the subgraph ${name.toLowerCase()}, separated by commas.`),
  ]),
);

/** By the names of the sections of `.env.example`. */
export const ENV_MODELS: Readonly<Record<string, z.ZodRawShape>> = {
  [COMMON]: z.object(serviceEnv).omit({ PORT: true }).shape,
  router: { ...routerEnv.shape, ...subgraphUrls },
  agents: agentsEnv.shape,
  auth: authEnv.shape,
  design: designEnv.shape,
  'design worker': workerEnv.shape,
  integrations: integrationsEnv.shape,
  'delivery worker': deliveryWorkerEnv.shape,
  'migrations: npm run db:migrate': migrateEnv.shape,
  'dead letters: npm run dead-letters': deadLettersEnv.shape,
  'credentials: npm run credentials': credentialsCommandEnv.shape,
  // npm sets this one by itself.
  'launcher: npm start': LauncherEnv.omit({ npm_lifecycle_event: true }).shape,
};
