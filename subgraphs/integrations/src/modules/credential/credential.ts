/** What signs in at each kind of system. Values of this file's types never leave the service but towards that system. */
import { z } from 'zod';
import { parseInput, unreachable } from '@flowgrid/platform';
import type { IntegrationKind } from '../integration/integration.ts';

export type Credential =
  | { readonly kind: 'GITHUB'; readonly token: string }
  | { readonly kind: 'JIRA'; readonly email: string; readonly apiToken: string }
  | { readonly kind: 'SERVICENOW'; readonly username: string; readonly password: string }
  | { readonly kind: 'SERVICENOW'; readonly clientId: string; readonly clientSecret: string };

export type CredentialOf<Kind extends IntegrationKind> = Extract<Credential, { kind: Kind }>;

/** Its fields by name, as they are sealed one by one. */
export type CredentialFields = Readonly<Record<string, string>>;

const MAX_LENGTH = 4_096;
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

const githubSchema = strict({ token });
const jiraSchema = strict({ email, apiToken: token });
const serviceNowUserSchema = strict({ username, password });
const serviceNowClientSchema = strict({ clientId: username, clientSecret: password });

/** The messages name the fields that exist and repeat nothing of what was sent. */
function strict<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, `This must be an object of exactly: ${Object.keys(shape).join(', ')}.`);
}

/**
 * Parses a mutation's `credential`.
 * @throws InvalidInput whose paths begin with `credential`.
 */
export function parseCredential(kind: IntegrationKind, credential: unknown): Credential {
  switch (kind) {
    case 'GITHUB':
      return { kind, ...parseInput(z.object({ credential: githubSchema }), { credential }).credential };
    case 'JIRA':
      return { kind, ...parseInput(z.object({ credential: jiraSchema }), { credential }).credential };
    case 'SERVICENOW':
      if (isClientCredential(credential))
        return {
          kind,
          ...parseInput(z.object({ credential: serviceNowClientSchema }), { credential }).credential,
        };
      return {
        kind,
        ...parseInput(z.object({ credential: serviceNowUserSchema }), { credential }).credential,
      };
    default:
      return unreachable(kind);
  }
}

function isClientCredential(credential: unknown): boolean {
  return (
    typeof credential === 'object' &&
    credential !== null &&
    ('clientId' in credential || 'clientSecret' in credential)
  );
}

export function toFields(credential: Credential): CredentialFields {
  const { kind: _kind, ...fields } = credential;
  return fields;
}

/** The last four characters of the secret. A short secret has no hint: four of its characters would be too many. */
export function hintOf(credential: Credential): string | null {
  const secret = secretOf(credential);
  return secret.length >= MIN_LENGTH_FOR_HINT ? secret.slice(-HINT_LENGTH) : null;
}

function secretOf(credential: Credential): string {
  switch (credential.kind) {
    case 'GITHUB':
      return credential.token;
    case 'JIRA':
      return credential.apiToken;
    case 'SERVICENOW':
      return 'password' in credential ? credential.password : credential.clientSecret;
    default:
      return unreachable(credential);
  }
}
