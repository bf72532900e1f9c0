/** Completes the flows of an answer by rules: choices get gateways, and every activity is reached. */
import type { ProcessModelInput } from '../../modules/process-model/edit-model.ts';
import type { ProcessActivity, Span } from '../../modules/process-model/process-model.ts';

export interface FlowDraft {
  readonly sourceId: string;
  /** Null where the process is over. */
  readonly targetId: string | null;
  readonly condition: string | null;
  readonly span: Span;
}

export interface DrawInput {
  readonly activities: readonly ProcessActivity[];
  readonly gateways: NonNullable<ProcessModelInput['gateways']>;
  readonly flows: readonly FlowDraft[];
  readonly nextGatewayId: () => string;
}

type Drawn = Required<Pick<ProcessModelInput, 'gateways' | 'flows' | 'ends'>>;
type EndDrafts = NonNullable<ProcessModelInput['ends']>;

export function drawFlows(input: DrawInput): Drawn {
  const { activities } = input;
  const chosen = withGateways(input, distinct(input.flows));
  const inside = chosen.flows.flatMap(({ targetId, ...flow }) =>
    targetId === null || targetId === flow.sourceId ? [] : [{ ...flow, targetId }],
  );
  const joined = [...inside, ...missingLinks(activities, chosen.gateways, inside)];
  const isGateway = new Set(chosen.gateways.map(({ id }) => id));
  const over = chosen.flows.filter(({ targetId }) => targetId === null);
  const leading = new Set(joined.map(({ sourceId }) => sourceId));
  const ends: EndDrafts = [
    ...over
      .filter(({ sourceId }) => isGateway.has(sourceId) || !leading.has(sourceId))
      .map(({ sourceId, condition, span }) => ({
        sourceId,
        condition: isGateway.has(sourceId) ? condition : null,
        span,
        description:
          condition === null || !isGateway.has(sourceId)
            ? 'The process is over'
            : `It is over if ${condition}`,
      })),
    ...activities
      .filter(({ id }) => !leading.has(id) && !over.some(({ sourceId }) => sourceId === id))
      .map(({ id, span }) => ({ sourceId: id, condition: null, span, description: 'The process is over' })),
  ];
  return { gateways: chosen.gateways, flows: joined, ends };
}

function distinct(flows: readonly FlowDraft[]): readonly FlowDraft[] {
  return [
    ...new Map(
      flows.map((flow) => [JSON.stringify([flow.sourceId, flow.targetId, flow.condition]), flow]),
    ).values(),
  ];
}

/** Where an activity is followed by conditions, a choice stands between. */
function withGateways(
  { activities, gateways, nextGatewayId }: DrawInput,
  flows: readonly FlowDraft[],
): Pick<DrawInput, 'gateways' | 'flows'> {
  const choosing = activities.filter(({ id }) =>
    flows.some(({ sourceId, condition }) => sourceId === id && condition !== null),
  );
  const added = choosing.map((activity) => ({
    activityId: activity.id,
    gateway: { id: nextGatewayId(), span: activity.span, kind: 'XOR' as const },
  }));
  const ids = new Map(added.map(({ activityId, gateway }) => [activityId, gateway.id]));
  return {
    gateways: [...gateways, ...added.map(({ gateway }) => gateway)],
    flows: [
      ...flows.map((flow) => ({ ...flow, sourceId: ids.get(flow.sourceId) ?? flow.sourceId })),
      ...added.map(({ activityId, gateway }) => ({
        sourceId: activityId,
        targetId: gateway.id,
        condition: null,
        span: gateway.span,
      })),
    ],
  };
}

/** What nothing leads to follows what stands before it in the text; the first begins. */
function missingLinks(
  activities: readonly ProcessActivity[],
  gateways: DrawInput['gateways'],
  flows: readonly { readonly sourceId: string; readonly targetId: string }[],
): NonNullable<ProcessModelInput['flows']> {
  const outgoing = Map.groupBy(flows, ({ sourceId }) => sourceId);
  const reached = new Set<string>();
  const reach = (start: string): void => {
    reached.add(start);
    const open = [start];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      for (const { targetId } of outgoing.get(id) ?? []) {
        if (reached.has(targetId)) continue;
        reached.add(targetId);
        open.push(targetId);
      }
    }
  };
  const entered = new Set(flows.map(({ targetId }) => targetId));
  const leadingGateway = (id: string): string | undefined =>
    gateways.find((gateway) => {
      const gatewayId = gateway.id ?? '';
      return (
        !entered.has(gatewayId) && (outgoing.get(gatewayId) ?? []).some(({ targetId }) => targetId === id)
      );
    })?.id ?? undefined;
  const links: { readonly sourceId: string; readonly targetId: string; readonly span: Span }[] = [];
  activities.forEach((activity, index) => {
    if (reached.has(activity.id)) return;
    const start = leadingGateway(activity.id) ?? activity.id;
    const before = activities[index - 1];
    if (before !== undefined) links.push({ sourceId: before.id, targetId: start, span: activity.span });
    reach(start);
  });
  return links;
}
