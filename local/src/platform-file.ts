/** `platform.json`: where the platform that runs in a folder listens, for the tools that talk to it. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const PlatformFile = z.object({
  pid: z.int(),
  routerUrl: z.url(),
  graphqlUrl: z.url(),
  services: z.record(z.string(), z.url()),
});

export type PlatformFile = z.infer<typeof PlatformFile>;

export async function writePlatformFile(home: string, content: PlatformFile): Promise<void> {
  const file = pathOf(home);
  // Readable by others: as root the launcher serves tools that an ordinary user runs, and nothing in it is secret.
  await writeFile(`${file}.new`, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o644 });
  await rename(`${file}.new`, file);
}

export async function removePlatformFile(home: string): Promise<void> {
  await rm(pathOf(home), { force: true });
}

/** What a running platform wrote, or undefined. After a crash the file may describe one that is gone. */
export async function findPlatformFile(home: string): Promise<PlatformFile | undefined> {
  const content = await readFile(pathOf(home), 'utf8').catch(() => undefined);
  return content === undefined ? undefined : PlatformFile.parse(JSON.parse(content));
}

function pathOf(home: string): string {
  return join(home, 'platform.json');
}
