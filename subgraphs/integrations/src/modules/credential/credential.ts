/** What signs in at each kind of system. Values of this file's types never leave the service but towards that system. */
import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { InvalidInput, parseInput, unreachable } from '@flowgrid/platform';
import type { IntegrationKind } from '../integration/integration.ts';

/** An app that is registered at the other system, with which people sign in there in the browser. */
export interface BrowserClient {
  readonly clientId: string;
  readonly clientSecret: string;
  /** In place of the usual ones; separated by spaces. */
  readonly scopes?: string | undefined;
}

export type Credential =
  | { readonly kind: 'GITHUB'; readonly token: string }
  | {
      readonly kind: 'GITHUB';
      readonly appId: string;
      readonly installationId: string;
      readonly privateKey: string;
    }
  | ({ readonly kind: 'GITHUB' } & BrowserClient)
  | { readonly kind: 'JIRA'; readonly email: string; readonly apiToken: string }
  | { readonly kind: 'JIRA'; readonly personalAccessToken: string }
  | ({ readonly kind: 'JIRA' } & BrowserClient)
  | { readonly kind: 'SERVICENOW'; readonly username: string; readonly password: string }
  | { readonly kind: 'SERVICENOW'; readonly clientId: string; readonly clientSecret: string }
  | ({ readonly kind: 'SERVICENOW'; readonly grantType: 'authorization_code' } & BrowserClient);

/** A credential with which somebody has to sign in in the browser. */
export type BrowserCredential = Credential & BrowserClient;

export type CredentialOf<Kind extends IntegrationKind> = Extract<Credential, { kind: Kind }>;

/** Its fields by name, as they are sealed one by one. */
export type CredentialFields = Readonly<Record<string, string>>;

const MAX_LENGTH = 4_096;
const MAX_KEY_LENGTH = 16_384;
const MIN_LENGTH_FOR_HINT = 12;
const HINT_LENGTH = 4;

const REQUIRED = 'This field is required.';
/** Header lines carry these values: no control characters, no spaces within a token. */
const token = text('Only printable characters without spaces are allowed.', /^[\u0021-\u007e]+$/);
const password = text('Control characters are not allowed.', /^[^\p{Cc}]+$/u);
const username = text('Control characters and colons are not allowed.', /^[^\p{Cc}:]+$/u);
const email = z
  .string(REQUIRED)
  .min(1, { error: REQUIRED, abort: true })
  .pipe(z.email('This is not an e-mail address.').max(320, 'This is too long.'));

function text(message: string, pattern: RegExp): z.ZodString {
  return z
    .string(REQUIRED)
    .min(1, { error: REQUIRED, abort: true })
    .max(MAX_LENGTH, 'This is too long.')
    .regex(pattern, message);
}

/** Ids that GitHub shows as numbers, or as `Iv23li...` for the client id in place of the app's. */
const appId = text('This is not the id of an app.', /^[A-Za-z0-9.]{1,64}$/);
const installationId = text('This is not the id of an installation.', /^\d{1,20}$/);
const privateKey = z
  .string(REQUIRED)
  .min(1, { error: REQUIRED, abort: true })
  .max(MAX_KEY_LENGTH, { error: 'This is too long.', abort: true })
  .refine(isRsaKey, 'This is not a private key as GitHub gives it: a PEM file.');
const scopes = text('Scopes are separated by spaces.', /^[\u0021-\u007e]+( [\u0021-\u007e]+)*$/).optional();
const client = { clientId: username, clientSecret: password };

const SCHEMAS = {
  GITHUB: {
    token: strict({ token }),
    app: strict({ appId, installationId, privateKey }),
    browser: strict({ ...client, scopes }),
  },
  JIRA: {
    apiToken: strict({ email, apiToken: token }),
    accessToken: strict({ personalAccessToken: token }),
    browser: strict({ ...client, scopes }),
  },
  SERVICENOW: {
    user: strict({ username, password }),
    client: strict(client),
    browser: strict({ ...client, scopes, grantType: z.literal('authorization_code') }),
  },
};

function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    // The reason would quote the key.
    return false;
  }
}

/** The messages name the fields that exist and repeat nothing of what was sent. */
function strict<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, `This must be an object of exactly: ${Object.keys(shape).join(', ')}.`);
}

/**
 * Parses a mutation's `credential`.
 * @throws InvalidInput whose paths begin with `credential`.
 */
export function parseCredential(kind: IntegrationKind, credential: unknown): Credential {
  const has = (...names: readonly string[]): boolean => names.some((name) => hasField(credential, name));
  switch (kind) {
    case 'GITHUB':
      if (has('appId', 'installationId', 'privateKey'))
        return { kind, ...parseAs(SCHEMAS.GITHUB.app, credential) };
      if (has('clientId', 'clientSecret')) return { kind, ...parseAs(SCHEMAS.GITHUB.browser, credential) };
      return { kind, ...parseAs(SCHEMAS.GITHUB.token, credential) };
    case 'JIRA':
      if (has('personalAccessToken')) return { kind, ...parseAs(SCHEMAS.JIRA.accessToken, credential) };
      if (has('clientId', 'clientSecret')) return { kind, ...parseAs(SCHEMAS.JIRA.browser, credential) };
      return { kind, ...parseAs(SCHEMAS.JIRA.apiToken, credential) };
    case 'SERVICENOW':
      if (has('grantType')) return { kind, ...parseAs(SCHEMAS.SERVICENOW.browser, credential) };
      if (has('clientId', 'clientSecret')) return { kind, ...parseAs(SCHEMAS.SERVICENOW.client, credential) };
      return { kind, ...parseAs(SCHEMAS.SERVICENOW.user, credential) };
    default:
      return unreachable(kind);
  }
}

function parseAs<Schema extends z.ZodType>(schema: Schema, credential: unknown): z.output<Schema> {
  try {
    return parseInput(schema, credential);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new InvalidInput(error.errors.map((each) => ({ ...each, path: ['credential', ...each.path] })));
  }
}

function hasField(credential: unknown, name: string): boolean {
  return typeof credential === 'object' && credential !== null && Object.hasOwn(credential, name);
}

/** True when somebody has to sign in in the browser: the credential itself opens nothing. */
export function needsBrowser(credential: Credential): credential is BrowserCredential {
  return 'clientId' in credential && (credential.kind !== 'SERVICENOW' || 'grantType' in credential);
}

export function toFields(credential: Credential): CredentialFields {
  const { kind: _kind, ...fields } = credential;
  const given = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(given);
}

/** The last four characters of the secret. A short secret has no hint: four of its characters would be too many. */
export function hintOf(credential: Credential): string | null {
  const secret = secretOf(credential);
  return secret !== null && secret.length >= MIN_LENGTH_FOR_HINT ? secret.slice(-HINT_LENGTH) : null;
}

/** Null for a key file, which ends as all of them do. */
function secretOf(credential: Credential): string | null {
  if ('clientSecret' in credential) return credential.clientSecret;
  switch (credential.kind) {
    case 'GITHUB':
      return 'token' in credential ? credential.token : null;
    case 'JIRA':
      return 'apiToken' in credential ? credential.apiToken : credential.personalAccessToken;
    case 'SERVICENOW':
      return credential.password;
    default:
      return unreachable(credential);
  }
}
