/** Starts the router process. */
import { readFileSync } from 'node:fs';
import { openSharedState } from '@flowgrid/shared-state';
import { createLogger, readEnvOrExit, runService, startTelemetry, systemClock } from '@flowgrid/platform';
import { processEnvironment, readRouterEnv, readSubgraphUrls, readSupergraphPath } from './env.ts';
import { loadSupergraph, subgraphUrlVariable } from './gateway/supergraph.ts';
import { AuthClient } from './identity/auth-client.ts';
import { ContextTokens } from './identity/context-tokens.ts';
import { noIdentity, tokenIdentity, type Identity } from './identity/identity.ts';
import { followRevocations } from './identity/revocations.ts';
import { startRouter } from './server.ts';

/** Hosts of the addresses that composition writes; nothing answers there. */
const PLACEHOLDER = /\.internal$/;

const source = processEnvironment();
const supergraph = loadSupergraph(readFileSync(readSupergraphPath(source), 'utf8'), (name) =>
  readSubgraphUrls(source, subgraphUrlVariable(name)),
);
const withoutAddress = supergraph.subgraphs
  .filter(({ baseUrls }) => baseUrls.some((url) => PLACEHOLDER.test(new URL(url).hostname)))
  .map(({ name }) => subgraphUrlVariable(name));
const env = readEnvOrExit(() =>
  readRouterEnv(source, {
    subgraphs: supergraph.subgraphs.map(({ name }) => subgraphUrlVariable(name)),
    required: withoutAddress,
  }),
);
const logger = createLogger({ name: 'router', level: env.logLevel });

await runService(logger, start, { drainSeconds: env.drainSeconds });

async function start(stack: AsyncDisposableStack, stopping: AbortSignal): Promise<void> {
  stack.use(await startTelemetry({ name: 'router', endpoint: env.otlpEndpoint, logger }));
  const sharedState = stack.use(openSharedState(env.sharedState, logger));
  const { identity, tokens, checkReady } = createIdentity(stack);
  const router = stack.use(
    await startRouter({
      supergraph,
      identity,
      clock: systemClock,
      logger,
      ...env.http,
      stopping,
      isExplorable: env.environment !== 'production',
      operationTimeoutMs: env.operationTimeoutMs,
      subgraphTimeoutMs: env.subgraphTimeoutMs,
      // Twice as often as tokens are renewed: a socket closes one and a half renewal times after a lost notice.
      checkSocketsMs: env.renewContextMs / 2,
      trustsProxy: env.trustsProxy,
      rateLimits: env.rateLimits,
      sharedState,
      checkReady,
    }),
  );
  if (!tokens) return;
  const { epochs } = sharedState;
  stack.use(followRevocations({ epochs, tokens, onRevoked: router.recheckSockets }));
}

interface IdentityParts {
  readonly identity: Identity;
  readonly tokens: ContextTokens | null;
  readonly checkReady: () => Promise<void>;
}

function createIdentity(stack: AsyncDisposableStack): IdentityParts {
  const { authUrls } = env;
  if (authUrls === null) {
    logger.warn('ROUTER_IDENTITY is off: every request is answered, whoever asks');
    return { identity: noIdentity, tokens: null, checkReady: () => Promise.resolve() };
  }
  const auth = stack.use(
    new AuthClient({ authUrls, audiences: supergraph.subgraphs.map(({ name }) => name), logger }),
  );
  const tokens = new ContextTokens({
    exchange: auth,
    clock: systemClock,
    logger,
    renewAfterMs: env.renewContextMs,
  });
  return { identity: tokenIdentity(tokens), tokens, checkReady: once(() => auth.checkReady()) };
}

/** Ready once auth has answered: from then on the router serves those it knows, whether auth is there or not. */
function once(check: () => Promise<void>): () => Promise<void> {
  let isDone = false;
  return async () => {
    if (isDone) return;
    await check();
    isDone = true;
  };
}
