import type { Tx } from '../../database.ts';

/** What signing in needs to know of an account. */
export interface AccountLogin {
  readonly id: string;
  readonly passwordHash: string | null;
  readonly isActive: boolean;
}

export async function findAccountLogin(client: Tx, email: string): Promise<AccountLogin | null> {
  const row = await client.account.findUnique({
    where: { email },
    select: { id: true, passwordHash: true, status: true },
  });
  return row && { id: row.id, passwordHash: row.passwordHash, isActive: row.status === 'ACTIVE' };
}

/** Unless the password was changed meanwhile. */
export async function replacePasswordHash(
  client: Tx,
  account: { readonly id: string; readonly passwordHash: string },
  passwordHash: string,
): Promise<void> {
  await client.account.updateMany({ where: { ...account }, data: { passwordHash } });
}
