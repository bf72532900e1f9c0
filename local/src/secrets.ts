/** Secrets of one platform on this machine: made once, kept in its folder, readable by its owner only. */
import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LocalError } from './local-error.ts';
import { DATABASE_ROLES } from './postgres/bootstrap.ts';

const Key = z.base64().min(44);
const Password = z.string().min(20);

/** Each is 32 random bytes in base64. */
const ServiceSecrets = z.object({
  /** Seals the credentials of integrations. */
  credentialsKey: Key,
  /** Seals the private signing keys of the built-in issuer. */
  authKeySecret: Key,
  /** Lets a design worker ask auth for a job's context token. */
  grantSecret: Key,
  /** Signs the links of artifacts. */
  artifactLinkSecret: Key,
});

const Secrets = z.object({
  superuserPassword: Password,
  rolePasswords: z.record(z.enum(DATABASE_ROLES), Password),
  services: ServiceSecrets,
});

export type ServiceSecrets = z.infer<typeof ServiceSecrets>;
export type Secrets = z.infer<typeof Secrets>;

export function generateSecrets(): Secrets {
  const key = (): string => randomBytes(32).toString('base64');
  const password = (): string => randomBytes(24).toString('base64url');
  return {
    superuserPassword: password(),
    rolePasswords: {
      flowgrid_owner: password(),
      flowgrid_auth: password(),
      flowgrid_agents: password(),
      flowgrid_design: password(),
      flowgrid_integrations: password(),
      flowgrid_router: password(),
    },
    services: { credentialsKey: key(), authKeySecret: key(), grantSecret: key(), artifactLinkSecret: key() },
  };
}

/** The secrets kept in `home`. What the file lacks, because it was written by an older version, is added to it. */
export async function loadSecrets(home: string): Promise<Secrets> {
  const file = join(home, 'secrets.json');
  const content = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '{}';
    throw new LocalError(`${file} cannot be read: ${String(error)}`, { cause: error });
  });
  const secrets = parseSecrets(file, content);
  const wanted = `${JSON.stringify(secrets, undefined, 2)}\n`;
  if (wanted !== content) {
    // Written whole or not at all: with half of this file the stored credentials would be lost.
    await writeFile(`${file}.new`, wanted, { mode: 0o600 });
    await rename(`${file}.new`, file);
  }
  return secrets;
}

const StoredSecrets = z.object({
  superuserPassword: Password.optional(),
  rolePasswords: z.partialRecord(z.enum(DATABASE_ROLES), Password).optional(),
  services: ServiceSecrets.partial().optional(),
});

function parseSecrets(file: string, content: string): Secrets {
  try {
    const stored = StoredSecrets.parse(JSON.parse(content));
    const fresh = generateSecrets();
    return Secrets.parse({
      superuserPassword: stored.superuserPassword ?? fresh.superuserPassword,
      rolePasswords: { ...fresh.rolePasswords, ...stored.rolePasswords },
      services: { ...fresh.services, ...stored.services },
    });
  } catch (cause) {
    throw new LocalError(
      `${file} is damaged. Restore it; without it the stored credentials cannot be opened.`,
      { cause },
    );
  }
}
