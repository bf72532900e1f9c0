/** A local server that speaks the part of Azure Key Vault's REST protocol that wraps keys, over TLS, with its challenge. */
import { execFile } from 'node:child_process';
import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt, type KeyObject } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

export const VAULT_TOKEN = 'vault-access-token';
const KEY_NAME = 'credentials';
const bodySchema = z.object({ alg: z.literal('RSA-OAEP-256'), value: z.base64url() });

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface KeyVaultServer extends AsyncDisposable {
  readonly url: string;
  /** The certificate to trust. */
  readonly certificate: string;
  /** `https://<vault>/keys/<name>`. */
  readonly keyId: string;
  /** Method and path of each request, in their order. */
  readonly requests: readonly string[];
  /** Makes a new version of the key, which is the newest from then on. */
  rotate(): string;
  /** The next requests are answered so, the operations after them as ever. */
  refuse(...refusals: readonly Refusal[]): void;
  /** Their ids, the newest last. */
  readonly versions: readonly string[];
}

interface Version {
  readonly id: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** Listens on a free port of the loopback. The caller disposes of it. */
export async function startKeyVaultServer(): Promise<KeyVaultServer> {
  const tls = await makeCertificate();
  const versions: Version[] = [makeVersion(1)];
  const requests: string[] = [];
  const refusals: Refusal[] = [];
  const server = createServer(tls, (request, response) => {
    requests.push(`${request.method} ${(request.url ?? '').split('?')[0]}`);
    void answer(request, response, { versions, refusals, url: () => url });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `https://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return {
    url,
    certificate: tls.cert,
    keyId: `${url}/keys/${KEY_NAME}`,
    requests,
    get versions() {
      return versions.map(({ id }) => `${url}/keys/${KEY_NAME}/${id}`);
    },
    rotate: () => {
      const version = makeVersion(versions.length + 1);
      versions.push(version);
      return `${url}/keys/${KEY_NAME}/${version.id}`;
    },
    refuse: (...given) => {
      refusals.push(...given);
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Vault {
  readonly versions: readonly Version[];
  readonly refusals: Refusal[];
  readonly url: () => string;
}

async function answer(request: IncomingMessage, response: ServerResponse, vault: Vault): Promise<void> {
  const body = await readBody(request);
  const send = (status: number, content: unknown, headers: Readonly<Record<string, string>> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(content));
  };
  const fail = ({ status, code, headers }: Refusal): void =>
    send(status, { error: { code, message: `${code}: refused by the test` } }, headers);
  if (request.headers.authorization !== `Bearer ${VAULT_TOKEN}`) {
    const challenge =
      'Bearer authorization="https://login.example.test/tenant", resource="https://vault.example.test"';
    fail({ status: 401, code: 'Unauthorized', headers: { 'www-authenticate': challenge } });
    return;
  }
  const refusal = vault.refusals.shift();
  if (refusal) {
    fail(refusal);
    return;
  }
  const [, , name, versionId, operation] = (request.url ?? '').split('?')[0]?.split('/') ?? [];
  const version = versionId ? vault.versions.find(({ id }) => id === versionId) : vault.versions.at(-1);
  if (name !== KEY_NAME || !version) {
    fail({ status: 404, code: 'KeyNotFound' });
    return;
  }
  const kid = `${vault.url()}/keys/${KEY_NAME}/${version.id}`;
  if (operation === undefined) {
    const jwk = version.publicKey.export({ format: 'jwk' });
    send(200, {
      key: { kid, kty: 'RSA', key_ops: ['wrapKey', 'unwrapKey'], n: jwk.n, e: jwk.e },
      attributes: {},
    });
    return;
  }
  const value = transform(version, operation, bodySchema.parse(JSON.parse(body)).value);
  if (value === null) fail({ status: 400, code: 'BadParameter' });
  else send(200, { kid, value });
}

function transform({ publicKey, privateKey }: Version, operation: string, value: string): string | null {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const bytes = Buffer.from(value, 'base64url');
  try {
    return operation === 'wrapkey'
      ? publicEncrypt({ key: publicKey, padding, oaepHash: 'sha256' }, bytes).toString('base64url')
      : privateDecrypt({ key: privateKey, padding, oaepHash: 'sha256' }, bytes).toString('base64url');
  } catch {
    // What another key wrapped.
    return null;
  }
}

function makeVersion(number: number): Version {
  return { id: `version${number}`, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

async function makeCertificate(): Promise<{ readonly key: string; readonly cert: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'flowgrid-vault-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  try {
    const options =
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1';
    await promisify(execFile)('openssl', [
      ...options.split(' '),
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      key,
      '-out',
      cert,
    ]);
    return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
  } finally {
    await rm(folder, { recursive: true });
  }
}
