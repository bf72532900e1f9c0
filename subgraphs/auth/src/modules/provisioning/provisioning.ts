/** Makes tenants and their users from a description; can be repeated, and brings what exists in line with it. */
import { BUILT_IN_ROLES, auditRecord } from '@flowgrid/access';
import { newId, type Clock } from '@flowgrid/platform';
import { z } from 'zod';
import type { AuthDatabase, Tx } from '../../database.ts';
import type { PasswordHasher } from '../sign-in/password.ts';
import { findTenantIdBySlug } from '../tenant/tenant-store.ts';

const MIN_PASSWORD_LENGTH = 8;

const email = z
  .email()
  .max(254)
  .transform((text) => text.toLowerCase());

const userModel = z.object({
  email,
  name: z.string().trim().min(1).max(200),
  password: z.string().min(MIN_PASSWORD_LENGTH).max(1024),
  role: z.enum(BUILT_IN_ROLES),
});

const tenantModel = z.object({
  slug: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'must be a DNS label in lower case'),
  name: z.string().trim().min(1).max(200),
  users: z.array(userModel).max(1000),
});

/** What the provisioning program reads. */
export const provisioningModel = z.object({ tenants: z.array(tenantModel).max(1000) });

export type ProvisioningInput = z.input<typeof provisioningModel>;

export interface ProvisionedTenant {
  readonly slug: string;
  readonly id: string;
  readonly users: readonly { readonly email: string; readonly id: string }[];
}

export interface ProvisioningOptions {
  readonly database: AuthDatabase;
  readonly passwords: PasswordHasher;
  readonly clock: Clock;
}

type TenantInput = z.output<typeof tenantModel>;
type UserInput = z.output<typeof userModel>;

/** @throws ZodError when the input is not a description of tenants. */
export async function provision(
  options: ProvisioningOptions,
  input: ProvisioningInput,
): Promise<{ readonly tenants: readonly ProvisionedTenant[] }> {
  const { tenants } = provisioningModel.parse(input);
  const provisioned: ProvisionedTenant[] = [];
  for (const tenant of tenants) provisioned.push(await provisionTenant(options, tenant));
  return { tenants: provisioned };
}

async function provisionTenant(options: ProvisioningOptions, input: TenantInput): Promise<ProvisionedTenant> {
  const { database } = options;
  const accounts = await Promise.all(input.users.map(async (user) => await provisionAccount(options, user)));
  const known = await database.withoutTenant((client) => findTenantIdBySlug(client, input.slug));
  const tenantId = known ?? newId();
  return database.inTenant(tenantId, async (tx) => {
    const writer = { tx, tenantId, clock: options.clock };
    await saveTenant(writer, input, known === null);
    const users: { email: string; id: string }[] = [];
    for (const { accountId, user } of accounts) users.push(await saveUser(writer, accountId, user));
    return { slug: input.slug, id: tenantId, users };
  });
}

/** Accounts belong to no tenant; one that exists keeps its name, and its password while that is the given one. */
async function provisionAccount(
  { database, passwords, clock }: ProvisioningOptions,
  user: UserInput,
): Promise<{ accountId: string; user: UserInput }> {
  const { email, name, password } = user;
  const known = await database.withoutTenant((client) => client.account.findUnique({ where: { email } }));
  const isCurrent = known !== null && (await passwords.verify(password, known.passwordHash));
  if (isCurrent) return { accountId: known.id, user };
  const passwordHash = await passwords.hash(password);
  const updatedAt = clock.now();
  const { id } = await database.withoutTenant((client) =>
    client.account.upsert({
      where: { email },
      create: { id: newId(), email, name, passwordHash, status: 'ACTIVE', createdAt: updatedAt, updatedAt },
      update: { passwordHash, updatedAt },
    }),
  );
  return { accountId: id, user };
}

interface TenantWriter {
  readonly tx: Tx;
  readonly tenantId: string;
  readonly clock: Clock;
}

async function saveTenant(writer: TenantWriter, { slug, name }: TenantInput, isNew: boolean): Promise<void> {
  const { tx, tenantId, clock } = writer;
  const now = clock.now();
  if (isNew) {
    await tx.tenant.create({ data: { id: tenantId, slug, name, createdAt: now, updatedAt: now } });
    await audit(writer, { action: 'tenant.created', resourceType: 'tenant', resourceId: tenantId });
    return;
  }
  await tx.tenant.updateMany({
    where: { id: tenantId, name: { not: name } },
    data: { name, updatedAt: now },
  });
}

async function saveUser(
  writer: TenantWriter,
  accountId: string,
  { email, name, role }: UserInput,
): Promise<{ email: string; id: string }> {
  const { tx, tenantId, clock } = writer;
  const now = clock.now();
  const where = { tenantId_accountId: { tenantId, accountId } };
  const known = await tx.user.findUnique({ where, include: { roles: true } });
  const id = known?.id ?? newId();
  const hasRole = known?.roles.length === 1 && known.roles[0]?.role === role;
  if (known?.name === name && hasRole) return { email, id };
  const facts = { name, updatedAt: now };
  await tx.user.upsert({
    where,
    create: { ...facts, tenantId, id, accountId, email, status: 'ACTIVE', createdAt: now },
    update: facts,
  });
  await tx.userRole.deleteMany({ where: { tenantId, userId: id, role: { not: role } } });
  await tx.userRole.createMany({
    data: { tenantId, userId: id, role, createdAt: now },
    skipDuplicates: true,
  });
  const action = known ? 'user.updated' : 'user.created';
  await audit(writer, { action, resourceType: 'user', resourceId: id, changes: { role } });
  return { email, id };
}

async function audit(
  { tx, tenantId, clock }: TenantWriter,
  event: {
    action: string;
    resourceType: string;
    resourceId: string;
    changes?: Readonly<Record<string, string>>;
  },
): Promise<void> {
  const actor = { kind: 'SYSTEM', id: 'provisioning', name: 'Provisioning', userId: null } as const;
  await tx.auditEvent.create({
    data: auditRecord({ viewer: { tenantId, actor }, requestId: null, clock }, event),
  });
}
