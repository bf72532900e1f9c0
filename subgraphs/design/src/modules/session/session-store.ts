/** Rows of sessions and their process models. */
import type { Page } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import type { Prisma } from '../../generated/prisma/client.ts';
import type { DesignSession, DesignState } from './session.ts';
import { toSession } from './session-rows.ts';

/** Newest first; the id decides between sessions of one moment. */
export interface SessionCursor {
  readonly createdAt: string;
  readonly id: string;
}

export interface SessionFilter {
  readonly tenantId: string;
  readonly state?: DesignState | null | undefined;
  readonly agentId?: string;
}

/** Reads one row more than the page has, to tell whether there is a next page. */
export async function listSessions(
  tx: Tx,
  { tenantId, state, agentId }: SessionFilter,
  page: Page<SessionCursor>,
): Promise<readonly DesignSession[]> {
  const rows = await tx.designSession.findMany({
    where: {
      tenantId,
      ...(state && { state }),
      ...(agentId !== undefined && { AND: { OR: concerning(agentId) } }),
      ...(page.after && {
        OR: [
          { createdAt: { lt: page.after.createdAt } },
          { createdAt: page.after.createdAt, id: { lt: page.after.id } },
        ],
      }),
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: page.first + 1,
  });
  return rows.map(toSession);
}

export async function findSessions(
  tx: Tx,
  tenantId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, DesignSession>> {
  const rows = await tx.designSession.findMany({ where: { tenantId, id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, toSession(row)]));
}

/** Sessions that redesign the agent, or that it came out of. */
function concerning(agentId: string): Prisma.DesignSessionWhereInput[] {
  return [{ agentId }, { designedAgents: { some: { agentId, writtenRevision: { not: null } } } }];
}
