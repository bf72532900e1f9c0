/** Pages of agents: filter, order, and cursors on (ordered field, id). */
import { z } from 'zod';
import { isId, parsePage, text, unreachable, type Page } from '@flowgrid/platform';
import type { Prisma } from '../../generated/prisma/client.ts';
import type { Tx } from '../../database.ts';
import { parseArgument } from '../input/argument.ts';
import { AGENT_STATUSES, type Agent } from './agent.ts';
import { toAgent } from './agent-store.ts';
import { toSearchTerm } from './search-text.ts';
import { foldText } from './slug.ts';

const MAX_SEARCH = 200;
const MAX_FILTER_TAGS = 50;

const filterSchema = z.object({
  search: text(MAX_SEARCH).nullish(),
  status: z.array(z.enum(AGENT_STATUSES)).nullish(),
  tags: z.array(text(MAX_SEARCH)).max(MAX_FILTER_TAGS).nullish(),
  ownerId: z.string().nullish(),
});

const orderSchema = z.object({
  field: z.enum(['NAME', 'CREATED_AT', 'UPDATED_AT']),
  direction: z
    .enum(['ASC', 'DESC'])
    .nullish()
    .transform((direction) => direction ?? 'ASC'),
});

export type AgentFilter = z.output<typeof filterSchema>;
export type AgentOrder = z.output<typeof orderSchema>;

/** The default: a list that does not move while it is read. */
const NEWEST_FIRST: AgentOrder = { field: 'CREATED_AT', direction: 'DESC' };

export interface AgentCursor {
  readonly order: string;
  /** The ordered field of the last agent: a folded name or a time in ISO 8601. */
  readonly value: string;
  readonly id: string;
}

export interface AgentListRequest {
  readonly filter: AgentFilter;
  readonly order: AgentOrder;
  readonly page: Page<AgentCursor>;
}

/** @throws FlowgridError `BAD_USER_INPUT` that names the argument. */
export function parseAgentList(args: {
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: unknown;
  orderBy?: unknown;
}): AgentListRequest {
  const filter = parseArgument('filter', filterSchema, args.filter ?? {});
  const order = args.orderBy == null ? NEWEST_FIRST : parseArgument('orderBy', orderSchema, args.orderBy);
  return { filter, order, page: parsePage(args, cursorSchema(order)) };
}

export function cursorOf(agent: Agent, order: AgentOrder): AgentCursor {
  return { order: orderKey(order), value: orderedValue(agent, order), id: agent.id };
}

/** One row more than the page holds, when there is one. */
export async function listAgents(
  tx: Tx,
  tenantId: string,
  { filter, order, page }: AgentListRequest,
): Promise<readonly Agent[]> {
  const direction = order.direction === 'ASC' ? 'asc' : 'desc';
  const rows = await tx.agentRow.findMany({
    where: { AND: [toWhere(tenantId, filter), page.after === null ? {} : after(order, page.after)] },
    orderBy: [{ [columnOf(order)]: direction }, { id: direction }],
    take: page.first + 1,
  });
  return rows.map(toAgent);
}

export async function countAgents(tx: Tx, tenantId: string, filter: AgentFilter): Promise<number> {
  return tx.agentRow.count({ where: toWhere(tenantId, filter) });
}

function toWhere(tenantId: string, filter: AgentFilter): Prisma.AgentRowWhereInput {
  const { search, status, tags, ownerId } = filter;
  return {
    tenantId,
    ...(search ? { searchText: { contains: toSearchTerm(search) } } : {}),
    ...(status?.length ? { status: { in: status } } : {}),
    ...(tags?.length ? { tags: { hasEvery: tags } } : {}),
    ...(ownerId == null ? {} : { ownerId: { in: [ownerId].filter(isId) } }),
  };
}

function columnOf({ field }: AgentOrder): 'sortName' | 'createdAt' | 'updatedAt' {
  switch (field) {
    case 'NAME':
      return 'sortName';
    case 'CREATED_AT':
      return 'createdAt';
    case 'UPDATED_AT':
      return 'updatedAt';
    default:
      return unreachable(field);
  }
}

function orderedValue(agent: Agent, { field }: AgentOrder): string {
  switch (field) {
    case 'NAME':
      return foldText(agent.name);
    case 'CREATED_AT':
      return agent.createdAt.toISOString();
    case 'UPDATED_AT':
      return agent.updatedAt.toISOString();
    default:
      return unreachable(field);
  }
}

/** The first condition says what the second implies: with it, the index is entered at the cursor. */
function after(order: AgentOrder, { value, id }: AgentCursor): Prisma.AgentRowWhereInput {
  const column = columnOf(order);
  const isAscending = order.direction === 'ASC';
  const further = isAscending ? { gt: value } : { lt: value };
  return {
    [column]: isAscending ? { gte: value } : { lte: value },
    OR: [{ [column]: further }, { [column]: value, id: isAscending ? { gt: id } : { lt: id } }],
  };
}

function orderKey({ field, direction }: AgentOrder): string {
  return `agents ${field} ${direction}`;
}

function cursorSchema(order: AgentOrder): z.ZodType<AgentCursor> {
  return z.object({
    order: z.literal(orderKey(order)),
    value: order.field === 'NAME' ? text(2_000) : z.iso.datetime(),
    id: z.uuid(),
  });
}
