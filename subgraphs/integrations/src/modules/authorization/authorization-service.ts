/**
 * Signs a tenant in at another system, in the browser (OAuth 2.0 authorization code with PKCE). Who began it has to end it:
 * docs/decisions/0014-who-ends-a-sign-in.md says why.
 */
import { createHash } from 'node:crypto';
import { calculatePKCECodeChallenge, generateRandomCodeVerifier, generateRandomState } from 'oauth4webapi';
import { requirePermission, type ServiceRequest, type TenantViewer } from '@flowgrid/access';
import type { OutboundFetch } from '@flowgrid/outbound';
import { FlowgridError, invalidInput, isId, newId, notFound, type Clock } from '@flowgrid/platform';
import { forConnection } from '../../adapters/json-request.ts';
import { findJiraApiUrl } from '../../adapters/sign-in/jira-site.ts';
import { oauthVendorOf, type OAuthHosts, type OAuthVendor } from '../../adapters/sign-in/oauth-vendors.ts';
import { SignInEnded, exchangeCode, type Tokens } from '../../adapters/sign-in/token-endpoint.ts';
import type { IntegrationsDatabase, Tx } from '../../database.ts';
import { isConnectionFailure, orConflict } from '../connection/connections.ts';
import { recordStatusChange } from '../connection/status-changes.ts';
import { needsBrowser, type BrowserCredential } from '../credential/credential.ts';
import { openCredential } from '../credential/open-credential.ts';
import { SealError, type SecretBox, type TenantSecrets } from '../credential/secret-box.ts';
import type { ConnectionTester, TestedIntegration } from '../integration/connection-test.ts';
import * as integrationStore from '../integration/integration-store.ts';
import type { Integration } from '../integration/integration.ts';
import { recordChange } from '../integration/record-change.ts';
import * as store from './authorization-store.ts';
import { CALLBACK_PATH } from './callback-page.ts';
import type { TokenKeeper } from './token-keeper.ts';
import { saveToken } from './token-store.ts';

export interface AuthorizationServiceOptions {
  readonly database: IntegrationsDatabase;
  readonly secretBox: SecretBox;
  readonly keeper: TokenKeeper;
  readonly tester: ConnectionTester;
  readonly fetch: OutboundFetch;
  readonly hosts: OAuthHosts;
  /** Where browsers reach the platform. */
  readonly publicUrl: string;
  readonly clock: Clock;
}

export interface CompletedAuthorization {
  readonly state: string;
  readonly code?: string | null | undefined;
  readonly iss?: string | null | undefined;
  readonly error?: string | null | undefined;
}

export interface SignInState {
  readonly state: 'SIGNED_OUT' | 'SIGNED_IN' | 'ENDED';
  readonly endReason: string | null;
  readonly redirectUrl: string;
}

interface Opened {
  readonly integration: Integration;
  readonly credential: BrowserCredential;
  readonly vendor: OAuthVendor;
}

const LIFE_MS = 10 * 60 * 1000;
/** More than a person has open at once. */
const MAX_OPEN = 20;
const REQUEST_MS = 10_000;
const VERIFIER = 'verifier';
const MAX_CODE_LENGTH = 8_192;

export class AuthorizationService {
  readonly #options: AuthorizationServiceOptions;

  constructor(options: AuthorizationServiceOptions) {
    this.#options = options;
  }

  /** The address to open in a browser. */
  async start(request: ServiceRequest, integrationId: string): Promise<string> {
    const viewer = requirePermission(request.viewer, 'integration:manage');
    const userId = requireUser(viewer);
    if (!isId(integrationId)) throw notFound('Integration');
    const { database, secretBox, clock } = this.#options;
    const secrets = await secretBox.unlock(viewer.tenantId);
    const [state, verifier] = [generateRandomState(), generateRandomCodeVerifier()];
    const challenge = await calculatePKCECodeChallenge(verifier);
    return database.inTenant(viewer.tenantId, async (tx) => {
      const { integration, credential, vendor } = await this.#open(tx, viewer, { integrationId, secrets });
      const now = clock.now();
      await store.deleteExpiredAuthorizations(tx, viewer.tenantId, now);
      if ((await store.countAuthorizations(tx, viewer.tenantId, userId)) >= MAX_OPEN)
        throw new FlowgridError('RATE_LIMITED', 'Too many sign-ins are open. End them, or wait ten minutes.');
      const id = newId();
      await store.insertAuthorization(tx, viewer.tenantId, {
        id,
        integrationId: integration.id,
        userId,
        stateHash: hashOf(state),
        envelope: secrets.seal({ owner: id, field: VERIFIER }, verifier),
        connectionRevision: integration.connectionRevision,
        createdAt: now,
        expiresAt: new Date(now.getTime() + LIFE_MS),
      });
      await recordChange(tx, this.#by(viewer, request), {
        type: 'integration.authorization.started',
        integration,
        changes: {},
        toData: (snapshot) => ({ integration: snapshot }),
      });
      return this.#addressOf(vendor, credential, { state, challenge }).href;
    });
  }

  /**
   * @throws FlowgridError `NOT_FOUND` for a sign-in that this user of this tenant did not begin, or that was ended or has expired;
   * InvalidInput when the other system refused.
   */
  async complete(request: ServiceRequest, input: CompletedAuthorization): Promise<TestedIntegration> {
    const viewer = requirePermission(request.viewer, 'integration:manage');
    const { tenantId } = viewer;
    const secrets = await this.#options.secretBox.unlock(tenantId);
    const taken = await this.#take(viewer, input.state);
    const opened = await this.#options.database.inTenant(tenantId, (tx) =>
      this.#open(tx, viewer, { integrationId: taken.integrationId, secrets }),
    );
    if (opened.integration.connectionRevision !== taken.connectionRevision)
      throw new FlowgridError('CONFLICT', 'The integration was changed meanwhile. Sign in again.');
    const code = codeOf(input, opened.vendor);
    const codeVerifier = secrets.open({ owner: taken.id, field: VERIFIER }, taken.envelope);
    const tokens = await this.#exchange(opened, { code, codeVerifier });
    const apiUrl = await this.#findApiUrl(opened, tokens.accessToken);
    await this.#save(request, viewer, { opened, tokens, apiUrl, secrets });
    return this.#options.tester.test(request, opened.integration.id);
  }

  /** In the order of the ids; null for a credential that needs no sign-in in the browser. */
  async listSignIns(
    request: ServiceRequest,
    ids: readonly string[],
  ): Promise<readonly (SignInState | null)[]> {
    const { tenantId } = requirePermission(request.viewer, 'integration:read');
    const redirectUrl = this.#redirectUrl();
    const facts = await this.#options.database.readInTenant(tenantId, (tx) =>
      store.listSignInFacts(tx, tenantId, ids),
    );
    const byId = new Map(facts.map((fact) => [fact.id, fact]));
    return ids.map((id) => toSignInState(byId.get(id), redirectUrl));
  }

  #by(
    viewer: TenantViewer,
    { requestId }: ServiceRequest,
  ): { readonly viewer: TenantViewer; readonly requestId: string; readonly clock: Clock } {
    return { viewer, requestId, clock: this.#options.clock };
  }

  #redirectUrl(): string {
    return new URL(CALLBACK_PATH, this.#options.publicUrl).href;
  }

  #addressOf(
    vendor: OAuthVendor,
    credential: BrowserCredential,
    { state, challenge }: { readonly state: string; readonly challenge: string },
  ): URL {
    const url = new URL(vendor.authorizationEndpoint);
    const scope = credential.scopes ?? vendor.scopes;
    const parameters = {
      ...vendor.parameters,
      response_type: 'code',
      client_id: credential.clientId,
      redirect_uri: this.#redirectUrl(),
      ...(scope !== '' && { scope }),
      state,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url;
  }

  async #open(
    tx: Tx,
    { tenantId }: TenantViewer,
    { integrationId, secrets }: { readonly integrationId: string; readonly secrets: TenantSecrets },
  ): Promise<Opened> {
    const integration = await integrationStore.findIntegrationForUpdate(tx, tenantId, integrationId);
    if (!integration) throw notFound('Integration');
    const sealed = await integrationStore.listSealedFields(tx, { tenantId, integrationId: integration.id });
    const credential = openOrConflict(secrets, { integration, sealed });
    if (!needsBrowser(credential))
      throw invalidInput('INVALID', 'The credential of this integration needs no sign-in in the browser.', [
        'integrationId',
      ]);
    const vendor = oauthVendorOf(credential.kind, integration.baseUrl, this.#options.hosts);
    return { integration, credential, vendor };
  }

  /** Taken whatever comes of it: neither state nor code is good for a second try. */
  async #take(viewer: TenantViewer, state: string): Promise<store.StartedAuthorization> {
    const { database, clock } = this.#options;
    const { tenantId } = viewer;
    const wanted = { userId: requireUser(viewer), stateHash: hashOf(state) };
    const taken = await database.inTenant(tenantId, (tx) => store.takeAuthorization(tx, tenantId, wanted));
    if (taken === null || taken.expiresAt <= clock.now()) throw notFound('Sign-in');
    return taken;
  }

  async #exchange(
    { integration, credential: client, vendor }: Opened,
    grant: { readonly code: string; readonly codeVerifier: string },
  ): Promise<Tokens> {
    const { clock } = this.#options;
    const fetch = forConnection(this.#options.fetch, integration.id);
    const signal = AbortSignal.timeout(REQUEST_MS);
    const redirectUri = this.#redirectUrl();
    try {
      return await exchangeCode(
        { fetch, vendor, client, signal, now: clock.now() },
        { ...grant, redirectUri },
      );
    } catch (error) {
      if (error instanceof SignInEnded)
        throw invalidInput('INVALID', `${vendor.system} does not accept the code. Sign in again.`, ['code']);
      // What the tenant can mend, by the credential or later: the sign-in itself is used up.
      if (isConnectionFailure(error)) throw invalidInput('REFUSED', error.message, ['code']);
      throw error;
    }
  }

  async #findApiUrl({ integration }: Opened, accessToken: string): Promise<string | null> {
    if (integration.kind !== 'JIRA') return null;
    const { baseUrl } = integration;
    const site = { baseUrl, apiHost: this.#options.hosts.atlassianApiUrl, accessToken };
    const fetch = forConnection(this.#options.fetch, integration.id);
    const apiUrl = await orConflict(findJiraApiUrl(fetch, site, AbortSignal.timeout(REQUEST_MS)));
    if (apiUrl !== null) return apiUrl;
    throw invalidInput(
      'INVALID',
      `Whoever signed in has no access to ${baseUrl}. Choose this site when signing in.`,
      ['code'],
    );
  }

  async #save(
    request: ServiceRequest,
    viewer: TenantViewer,
    signedIn: {
      readonly opened: Opened;
      readonly tokens: Tokens;
      readonly apiUrl: string | null;
      readonly secrets: TenantSecrets;
    },
  ): Promise<void> {
    const { database, keeper, clock } = this.#options;
    const { opened, tokens, apiUrl, secrets } = signedIn;
    const { tenantId } = viewer;
    const { id, connectionRevision } = opened.integration;
    await database.inTenant(tenantId, async (tx) => {
      const current = await integrationStore.findIntegrationForUpdate(tx, tenantId, id);
      if (current?.connectionRevision !== connectionRevision)
        throw new FlowgridError('CONFLICT', 'The integration was changed meanwhile. Sign in again.');
      const now = clock.now();
      const integration = await integrationStore.updateIntegration(tx, tenantId, {
        ...current,
        status: 'UNTESTED',
        lastError: null,
        connectionRevision: connectionRevision + 1,
        updatedAt: now,
      });
      await saveToken(
        tx,
        { tenantId, integrationId: id },
        {
          envelope: keeper.seal(secrets, id, tokens),
          connectionRevision: integration.connectionRevision,
          apiUrl,
          expiresAt: tokens.expiresAt,
          refreshedAt: now,
        },
      );
      await recordChange(tx, this.#by(viewer, request), {
        type: 'integration.authorization.completed',
        integration,
        changes: {},
        toData: (snapshot) => ({ integration: snapshot }),
      });
      const change = { tenantId, integrationId: id, from: current.status, to: integration.status, at: now };
      await recordStatusChange(tx, { ...change, reason: 'Somebody signed in anew.' });
    });
  }
}

function toSignInState(facts: store.SignInFacts | undefined, redirectUrl: string): SignInState | null {
  if (!facts) return null;
  const { isSignedIn, endReason } = facts;
  if (!isSignedIn) return { state: 'SIGNED_OUT', endReason: null, redirectUrl };
  return { state: endReason === null ? 'SIGNED_IN' : 'ENDED', endReason, redirectUrl };
}

/** Who has no browser cannot sign in, and nobody does it for them. */
function requireUser({ actor }: TenantViewer): string {
  if (actor.kind === 'USER' && actor.userId !== null) return actor.userId;
  throw new FlowgridError('FORBIDDEN', 'A sign-in in the browser is for users.');
}

function openOrConflict(
  secrets: TenantSecrets,
  stored: Parameters<typeof openCredential>[1],
): ReturnType<typeof openCredential> {
  try {
    return openCredential(secrets, stored);
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    throw new FlowgridError('CONFLICT', 'The stored credential cannot be opened any more. Enter it again.');
  }
}

/** @throws InvalidInput for what the vendor says instead, or for a code that it did not issue (RFC 9207). */
function codeOf({ code, iss, error }: CompletedAuthorization, vendor: OAuthVendor): string {
  if (error != null) {
    const isDenied = error === 'access_denied';
    const message = isDenied
      ? `The sign-in was declined at ${vendor.system}.`
      : `${vendor.system} did not sign you in. Check the app that is registered there, and its redirect address.`;
    throw invalidInput(isDenied ? 'ACCESS_DENIED' : 'REFUSED', message, ['error']);
  }
  // The issuer is not known beforehand, as none of the vendors publishes it; it is always of the server that was asked.
  if (iss != null && !(URL.canParse(iss) && new URL(iss).origin === vendor.authorizationEndpoint.origin))
    throw invalidInput('INVALID', 'Another server than the one that was asked has answered.', ['iss']);
  if (code == null || code === '') throw invalidInput('REQUIRED', 'The code is required.', ['code']);
  if (code.length > MAX_CODE_LENGTH) throw invalidInput('TOO_LONG', 'The code is too long.', ['code']);
  return code;
}

function hashOf(state: string): string {
  return createHash('sha256').update(state).digest('hex');
}
