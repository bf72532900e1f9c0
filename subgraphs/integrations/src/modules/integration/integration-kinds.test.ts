import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { createConnectors } from '../../adapters/create-connectors.ts';
import { needsBrowser, parseCredential } from '../credential/credential.ts';
import { listIntegrationKinds, type CredentialField } from './integration-kinds.ts';

const PEM = generateKeyPairSync('rsa', { modulusLength: 1024 })
  .privateKey.export({ type: 'pkcs1', format: 'pem' })
  .toString();

/** What somebody would enter. */
const ENTERED: Readonly<Record<string, string>> = {
  email: 'bot@example.test',
  installationId: '12',
  privateKey: PEM,
};

const enter = (fields: readonly CredentialField[]): object =>
  Object.fromEntries(fields.map(({ name, value }) => [name, value ?? ENTERED[name] ?? 'entered']));

const WAYS = listIntegrationKinds(createConnectors()).flatMap(({ kind, signInWays }) =>
  signInWays.map((way) => ({ kind, way, name: `${kind} ${way.id}` })),
);

test.each(WAYS)('$name: what its form asks for is a credential', ({ kind, way }) => {
  const required = way.fields.filter(({ isRequired }) => isRequired);

  const whole = parseCredential(kind, enter(way.fields));
  const short = parseCredential(kind, enter(required));

  expect(needsBrowser(whole)).toBe(way.isInBrowser);
  expect(needsBrowser(short)).toBe(way.isInBrowser);
});

test.each(WAYS)('$name: without a field that is required it is none', ({ kind, way }) => {
  for (const { name } of way.fields.filter(({ isRequired }) => isRequired)) {
    const rest = way.fields.filter((field) => field.name !== name);
    const parsed = (): unknown => parseCredential(kind, enter(rest));

    // A field that tells ways apart leads to another way.
    const isOther = way.id === 'BROWSER' && name === 'grantType' && !rest.some((field) => !field.isRequired);
    expect(isOther || throws(parsed), name).toBe(true);
  }
});

test('each way of a kind has a name of its own, and its secrets are known as such', () => {
  expect(new Set(WAYS.map(({ name }) => name)).size).toBe(WAYS.length);
  for (const { way } of WAYS) expect(way.fields.filter(({ isSecret }) => isSecret)).toHaveLength(1);
});

function throws(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch {
    // What is refused is what is looked for.
    return true;
  }
}
