import type { Tx } from '../../database.ts';
import type { JobGrant } from './job-grant.ts';

/** For whom the job acts; null before its first grant. */
export async function findJobUserId(
  tx: Tx,
  job: Pick<JobGrant, 'tenantId' | 'jobKind' | 'jobId'>,
): Promise<string | null> {
  const row = await tx.jobGrant.findFirst({ where: { ...job }, select: { userId: true } });
  return row?.userId ?? null;
}

/** False when the job had a grant for the audience already. */
export async function recordJobGrant(tx: Tx, grant: JobGrant): Promise<boolean> {
  const data = { ...grant, permissions: [...grant.permissions] };
  const { count } = await tx.jobGrant.createMany({ data, skipDuplicates: true });
  return count === 1;
}
