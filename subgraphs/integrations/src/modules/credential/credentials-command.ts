/** What `npm run credentials` is asked for, and how it answers. */
import { parseArgs } from 'node:util';
import { isId, unreachable } from '@flowgrid/platform';
import type { KeyAdministration } from './key-administration.ts';
import type { KeySweeper } from './key-sweeper.ts';

export type CredentialsCommand =
  | { readonly action: 'status'; readonly tenantId: string | null }
  | { readonly action: 'rewrap'; readonly tenantId: string | null }
  | { readonly action: 'rotate' | 'destroy'; readonly tenantId: string };

export const USAGE = `npm run credentials -- status  [--tenant ID]
npm run credentials -- rewrap  [--tenant ID]
npm run credentials -- rotate  --tenant ID
npm run credentials -- destroy --tenant ID --yes

status   which key wraps, and what another one still holds; with --tenant, the data keys of a tenant
rewrap   wraps data keys by the present key, and seals again what was sealed by former ones; the delivery worker does so hourly
rotate   another data key for a tenant: it seals from ten minutes later on
destroy  deletes the data keys of a tenant: its stored secrets never open again

DATABASE_URL is that of the integrations service; CREDENTIALS_KEY, KEY_VAULT_KEY_ID and the former keys, REDIS_URL or PUBSUB_URL
as the service has them.`;

/** The command line is not one that the command knows; the message says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError */
export function parseCredentialsCommand(args: readonly string[]): CredentialsCommand {
  const { values, positionals } = parse(args);
  const [action, ...others] = positionals;
  const tenantId = values.tenant?.toLowerCase() ?? null;
  if (others.length > 0) throw new UsageError('Say one thing to do.');
  if (tenantId !== null && !isId(tenantId)) throw new UsageError('--tenant is the id of a tenant.');
  switch (action) {
    case 'status':
    case 'rewrap':
      return { action, tenantId };
    case 'rotate':
    case 'destroy':
      if (tenantId === null) throw new UsageError(`${action} needs --tenant.`);
      if (action === 'destroy' && values.yes !== true)
        throw new UsageError('What is destroyed cannot be had back: say --yes.');
      return { action, tenantId };
    default:
      throw new UsageError('Say what to do: status, rewrap, rotate or destroy.');
  }
}

function parse(args: readonly string[]): {
  readonly values: { readonly tenant?: string | undefined; readonly yes?: boolean | undefined };
  readonly positionals: readonly string[];
} {
  try {
    return parseArgs({
      args: [...args],
      options: { tenant: { type: 'string' }, yes: { type: 'boolean' } },
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

export async function runCredentialsCommand(
  command: CredentialsCommand,
  tools: {
    readonly administration: KeyAdministration;
    readonly sweeper: KeySweeper;
    readonly print: (line: string) => void;
  },
): Promise<void> {
  const { administration, sweeper, print } = tools;
  switch (command.action) {
    case 'status':
      return command.tenantId === null
        ? printStatus(administration, print)
        : printKeys(administration, command.tenantId, print);
    case 'rewrap': {
      if (command.tenantId !== null) {
        print(`${await sweeper.rewrapAll(command.tenantId)} data keys were wrapped again`);
        printReport(await sweeper.sweepTenant(command.tenantId), print);
      } else printReport(await sweeper.sweep(), print);
      return;
    }
    case 'rotate': {
      const { version, activeAt } = await administration.rotate(command.tenantId);
      print(`data key ${version} seals from ${activeAt.toISOString()} on; what former ones sealed follows`);
      return;
    }
    case 'destroy':
      print(`${await administration.destroy(command.tenantId)} data keys were deleted`);
      return;
    default:
      unreachable(command);
  }
}

async function printStatus(administration: KeyAdministration, print: (line: string) => void): Promise<void> {
  const { current, measure } = await administration.status();
  print(`wraps now                      ${current}`);
  print(`data keys                      ${measure.keys} of ${measure.tenants} tenants`);
  print(`wrapped by another key         ${measure.wrappedByOthers}`);
  print(`with a successor               ${measure.superseded}`);
  print(`credentials without data key   ${measure.formerCredentials}`);
}

async function printKeys(
  administration: KeyAdministration,
  tenantId: string,
  print: (line: string) => void,
): Promise<void> {
  const keys = await administration.list(tenantId);
  for (const { version, activeAt, wrappedBy } of keys)
    print(`data key ${version}  seals from ${activeAt.toISOString()} on  wrapped by ${wrappedBy}`);
  if (keys.length === 0) print('this tenant has no data keys');
}

function printReport(report: Awaited<ReturnType<KeySweeper['sweep']>>, print: (line: string) => void): void {
  print(`${report.rewrapped} data keys wrapped again, ${report.retired} deleted that nothing needs any more`);
  print(`${report.resealed} secrets sealed again, ${report.unopened} do not open and must be entered again`);
}
