/** The processes of the platform: which file each one runs, where it listens and what it gets from the environment. */
import type { DatabaseRole } from './postgres/bootstrap.ts';
import { HOST } from './ports.ts';
import type { ServiceSecrets } from './secrets.ts';
import type { ProcessDefinition } from './supervisor/start-process.ts';

export const PROCESS_NAMES = [
  'auth',
  'agents',
  'design',
  'integrations',
  'design-worker',
  'delivery-worker',
  'router',
] as const;

export type ProcessName = (typeof PROCESS_NAMES)[number];

/** The ports that are used when they are free. A worker listens for its health alone, on any port. */
export const DEFAULT_PORTS: Readonly<Record<ProcessName, number>> = {
  router: 4000,
  agents: 3001,
  auth: 3002,
  design: 3003,
  integrations: 3004,
  'design-worker': 0,
  'delivery-worker': 0,
};

export interface PlatformSettings {
  ports: Readonly<Record<ProcessName, number>>;
  /** The connection string of a login role in the platform's database. */
  databaseUrl: (role: DatabaseRole) => string;
  secrets: ServiceSecrets;
  nodeEnv: 'development' | 'test' | 'production';
  logLevel: string;
  /** Where the others reach a service, separated by commas when it has replicas; its own address if not given. */
  serviceUrls?: Readonly<Partial<Record<ProcessName, string>>>;
  /** Where clients reach the platform; the router's own address if not given. */
  publicUrl?: string;
  /** Variables of AI providers; none if not given. */
  aiEnv?: Readonly<Record<string, string>>;
  /** Set on top of what the table says, for single processes. */
  extraEnv?: Readonly<Partial<Record<ProcessName, Readonly<Record<string, string>>>>>;
}

/** The whole table. Processes of a lower stage are started first and end last. */
export function platformProcesses(
  settings: PlatformSettings,
): Readonly<Record<ProcessName, ProcessDefinition>> {
  return {
    auth: define('auth', settings),
    agents: define('agents', settings),
    design: define('design', settings),
    integrations: define('integrations', settings),
    'design-worker': define('design-worker', settings),
    'delivery-worker': define('delivery-worker', settings),
    router: define('router', settings),
  };
}

function define(name: ProcessName, settings: PlatformSettings): ProcessDefinition {
  const url = urlOf(name, settings);
  return {
    name,
    ...PROGRAMS[name],
    port: settings.ports[name],
    url,
    readinessUrl: `${url}/readyz`,
    env: {
      NODE_ENV: settings.nodeEnv,
      HOST,
      PORT: String(settings.ports[name]),
      LOG_LEVEL: settings.logLevel,
      // Nothing balances between processes on one machine.
      SHUTDOWN_DRAIN_SECONDS: '0',
      AUTH_URL: serviceUrl('auth', settings),
      PUBLIC_URL: settings.publicUrl ?? `http://localhost:${settings.ports.router}`,
      APOLLO_TELEMETRY_DISABLED: 'true',
      ...OWN_ENV[name](settings),
      ...settings.extraEnv?.[name],
    },
  };
}

const PROGRAMS = {
  auth: { workspace: 'subgraphs/auth', entry: 'src/main.ts', stage: 1 },
  agents: { workspace: 'subgraphs/agents', entry: 'src/main.ts', stage: 1 },
  design: { workspace: 'subgraphs/design', entry: 'src/main.ts', stage: 1 },
  integrations: { workspace: 'subgraphs/integrations', entry: 'src/main.ts', stage: 1 },
  'design-worker': { workspace: 'subgraphs/design', entry: 'src/worker-main.ts', stage: 2 },
  'delivery-worker': { workspace: 'subgraphs/integrations', entry: 'src/worker-main.ts', stage: 2 },
  router: { workspace: 'router', entry: 'src/main.ts', stage: 3 },
} as const satisfies Record<ProcessName, Pick<ProcessDefinition, 'workspace' | 'entry' | 'stage'>>;

const designEnv = (settings: PlatformSettings): Record<string, string> => ({
  DATABASE_URL: settings.databaseUrl('flowgrid_design'),
  GRANT_SECRET: settings.secrets.grantSecret,
  ARTIFACT_LINK_SECRET: settings.secrets.artifactLinkSecret,
  AGENTS_URL: serviceUrl('agents', settings),
  INTEGRATIONS_URL: serviceUrl('integrations', settings),
});

const integrationsEnv = ({ databaseUrl, secrets }: PlatformSettings): Record<string, string> => ({
  DATABASE_URL: databaseUrl('flowgrid_integrations'),
  CREDENTIALS_KEY: secrets.credentialsKey,
});

const SHOWN_OF_AI = ['ANTHROPIC_MODEL', 'OPENAI_MODEL', 'AI_MONTHLY_BUDGET_USD'];

/** What the service says about AI: for whom there is a key, not the key. */
function aboutAi(aiEnv: Readonly<Record<string, string>>): Record<string, string> {
  const providers = ['anthropic', 'openai'].filter((name) => aiEnv[`${name.toUpperCase()}_API_KEY`]);
  const shown = Object.entries(aiEnv).filter(([name]) => SHOWN_OF_AI.includes(name));
  return { ...Object.fromEntries(shown), AI_PROVIDERS: providers.join(',') };
}

/** What a process gets beyond what all have: its own login role and only the secrets that it uses. */
const OWN_ENV: Readonly<Record<ProcessName, (settings: PlatformSettings) => Record<string, string>>> = {
  auth: ({ databaseUrl, secrets }) => ({
    DATABASE_URL: databaseUrl('flowgrid_auth'),
    AUTH_KEY_SECRET: secrets.authKeySecret,
    GRANT_SECRET: secrets.grantSecret,
  }),
  agents: ({ databaseUrl }) => ({ DATABASE_URL: databaseUrl('flowgrid_agents') }),
  design: (settings) => ({ ...designEnv(settings), ...aboutAi(settings.aiEnv ?? {}) }),
  'design-worker': (settings) => ({ ...designEnv(settings), ...settings.aiEnv }),
  integrations: integrationsEnv,
  'delivery-worker': integrationsEnv,
  router: (settings) => ({
    PUBSUB_URL: settings.databaseUrl('flowgrid_router'),
    SUBGRAPH_AGENTS_URL: serviceUrl('agents', settings),
    SUBGRAPH_AUTH_URL: serviceUrl('auth', settings),
    SUBGRAPH_DESIGN_URL: serviceUrl('design', settings),
    SUBGRAPH_INTEGRATIONS_URL: serviceUrl('integrations', settings),
  }),
};

function serviceUrl(name: ProcessName, settings: PlatformSettings): string {
  return settings.serviceUrls?.[name] ?? urlOf(name, settings);
}

function urlOf(name: ProcessName, { ports }: PlatformSettings): string {
  return `http://${HOST}:${ports[name]}`;
}
