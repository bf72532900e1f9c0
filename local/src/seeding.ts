/** Demo data on an empty database: tenants and users by auth's provisioning, everything else through a router, as a client. */
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { checkoutDirectory } from './checkout.ts';
import type { ProcessDefinition } from './supervisor/start-process.ts';
import type { Script } from './run-script.ts';

const DemoUser = z.object({ email: z.email(), name: z.string(), password: z.string(), role: z.string() });

const DemoTenants = z.object({
  tenants: z.array(z.object({ slug: z.string(), name: z.string(), users: z.array(DemoUser) })),
});

export type DemoTenants = z.infer<typeof DemoTenants>;

export async function readDemoTenants(): Promise<DemoTenants> {
  const file = join(checkoutDirectory(), 'prisma', 'demo-tenants.json');
  return DemoTenants.parse(JSON.parse(await readFile(file, 'utf8')));
}

/** Makes the tenants and users; what exists already is left as it is. */
export function provisionScript(
  auth: ProcessDefinition,
  tenants: DemoTenants,
  inheritedEnv: Readonly<Record<string, string>>,
): Script {
  return {
    name: 'provision',
    file: 'subgraphs/auth/src/provision.ts',
    env: { ...inheritedEnv, ...auth.env },
    input: JSON.stringify(tenants),
  };
}

/** Makes the demo agents through the router at `routerUrl`; agents that exist already are left as they are. */
export function seedScript(routerUrl: string, inheritedEnv: Readonly<Record<string, string>>): Script {
  return { name: 'seed', file: 'prisma/seed.ts', args: [`${routerUrl}/graphql`], env: inheritedEnv };
}

/** The marker lies beside the data that it speaks of, so that both are removed together. */
export async function isSeeded(databaseDirectory: string): Promise<boolean> {
  return access(markerFile(databaseDirectory)).then(
    () => true,
    () => false,
  );
}

export async function markSeeded(databaseDirectory: string, at: Date): Promise<void> {
  await writeFile(markerFile(databaseDirectory), `${JSON.stringify({ seededAt: at.toISOString() })}\n`);
}

function markerFile(databaseDirectory: string): string {
  return join(databaseDirectory, 'seeded.json');
}
