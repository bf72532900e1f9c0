/** What rules do when something happens: in the transaction that remembers that the event was received. */
import { auditRecord, type Actor } from '@flowgrid/access';
import { toEnvelope, writeEvents, type EventHandlers, type TypedEnvelope } from '@flowgrid/messaging';
import { newId, type Clock } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import { tieItem } from '../external-item/external-item-store.ts';
import type { IntegrationRule } from './integration-rule.ts';
import { recordChange } from './record-change.ts';
import { matches } from './rule-filter.ts';
import * as rules from './rule-store.ts';
import * as runs from './run-store.ts';
import { fillTemplate } from './template.ts';

type ItemChanged = TypedEnvelope<'external.item.changed'>;
type AgentPublished = TypedEnvelope<'agent.published'>;

const HOUR_MS = 60 * 60 * 1000;
const MAX_TITLE_LENGTH = 200;
const MAX_BODY_LENGTH = 20_000;
const SYSTEM: Actor = { kind: 'SYSTEM', id: 'integrations', name: 'Flowgrid', userId: null };

export function ruleEventHandlers(clock: Clock): EventHandlers<Tx> {
  return {
    'external.item.changed': (event, tx) => onItemChanged(tx, event, clock),
    'agent.published': (event, tx) => onAgentPublished(tx, event, clock),
    'design_session.refused': async ({ tenantid: tenantId, data }, tx) => {
      const { id: sessionId } = data.request;
      await runs.failRunOfSession(tx, { tenantId, sessionId, note: data.reason, now: clock.now() });
    },
  };
}

async function onItemChanged(tx: Tx, event: ItemChanged, clock: Clock): Promise<void> {
  const { tenantid: tenantId, data } = event;
  const { integrationId } = data;
  const found = await rules.listRulesFor(tx, { tenantId, trigger: 'ITEM_CHANGED', integrationId });
  const matching = found.filter(({ filter }) => matches(filter, data));
  for (const { id } of matching) {
    const rule = await admit(tx, { tenantId, id }, { event, clock });
    if (rule?.action === 'TIE_TO_AGENT') await tie(tx, rule, event, clock);
    if (rule?.action === 'START_DESIGN') await startDesign(tx, rule, event, clock);
  }
}

async function onAgentPublished(tx: Tx, event: AgentPublished, clock: Clock): Promise<void> {
  const { tenantid: tenantId, id: eventId, data } = event;
  const found = await rules.listRulesFor(tx, { tenantId, trigger: 'AGENT_PUBLISHED' });
  const matching = found.filter(
    ({ agentId, environment }) =>
      (agentId === null || agentId === data.agent.id) &&
      (environment === null || environment === data.environment),
  );
  for (const { id } of matching) {
    const rule = await admit(tx, { tenantId, id }, { event, clock });
    if (rule === null || rule.container === null) continue;
    const draft = {
      container: rule.container,
      type: rule.itemType,
      ...textsOf(rule, agentValues(rule, event)),
    };
    await runs.insertRun(tx, {
      ...NO_RESULT,
      tenantId,
      ruleId: rule.id,
      eventId,
      state: 'READY',
      integrationId: rule.integrationId,
      itemTitle: draft.title,
      draft,
      now: clock.now(),
    });
  }
}

const NO_RESULT = { itemKey: null, itemUrl: null, sessionId: null, note: null } as const;

/** Locks the rule; null when it is off by now, has fired for the event, or fires too often: then it is turned off. */
async function admit(
  tx: Tx,
  key: rules.RuleKey,
  { event, clock }: { readonly event: ItemChanged | AgentPublished; readonly clock: Clock },
): Promise<IntegrationRule | null> {
  const { tenantId } = key;
  const rule = await rules.findRuleForUpdate(tx, key);
  if (!rule?.isEnabled || (await runs.hasRun(tx, tenantId, rule.id, event.id))) return null;
  const now = clock.now();
  const since = new Date(now.getTime() - HOUR_MS);
  if ((await runs.countRunsSince(tx, tenantId, rule.id, since)) < rule.maxRunsPerHour) return rule;
  const reason = `It ran more than ${rule.maxRunsPerHour} times within an hour.`;
  const disabled = { ...rule, isEnabled: false, disabledReason: reason, updatedAt: now };
  await rules.updateRule(tx, tenantId, disabled);
  await recordChange(
    tx,
    { viewer: { tenantId, actor: SYSTEM }, requestId: null, clock },
    {
      type: 'integration_rule.disabled',
      rule: disabled,
      changes: { reason },
      toData: (snapshot) => ({ rule: snapshot, reason }),
    },
  );
  return null;
}

async function tie(tx: Tx, rule: IntegrationRule, event: ItemChanged, clock: Clock): Promise<void> {
  const { tenantid: tenantId, id: eventId, data } = event;
  const { integrationId, item } = data;
  const { agentId } = rule;
  if (agentId === null) return;
  const now = clock.now();
  const isNew = await tieItem(tx, {
    tenantId,
    integrationId,
    agentId,
    key: item.key,
    reason: `Rule “${rule.name}”`,
    at: now,
  });
  // That an item is still tied is not worth a line each time it changes.
  if (!isNew) return;
  await runs.insertRun(tx, {
    tenantId,
    ruleId: rule.id,
    eventId,
    state: 'DONE',
    integrationId,
    itemKey: item.key,
    itemTitle: item.title,
    itemUrl: item.url,
    sessionId: null,
    draft: null,
    note: 'The item was tied to the agent.',
    now,
  });
}

async function startDesign(tx: Tx, rule: IntegrationRule, event: ItemChanged, clock: Clock): Promise<void> {
  const { tenantid: tenantId, id: eventId, data } = event;
  const { integrationId, item } = data;
  const { key, title, url } = item;
  const { authorUserId: userId } = rule;
  if (userId === null) return;
  // What a rule made would else go round: a design, an agent, a ticket about it, a design.
  if (await runs.isMadeByRule(tx, { tenantId, integrationId, key, title })) return;
  // One design for an item, however often it changes.
  if (await runs.hasDesignOf(tx, { tenantId, ruleId: rule.id, itemKey: key })) return;
  const kept = await tx.externalItem.findFirst({
    where: { tenantId, integrationId, key, deletedAt: null },
    select: { body: true },
  });
  const values = itemValues(rule, event, kept?.body ?? '');
  const texts = textsOf(rule, values);
  const sessionId = newId();
  const now = clock.now();
  await runs.insertRun(tx, {
    tenantId,
    ruleId: rule.id,
    eventId,
    state: 'DONE',
    integrationId,
    itemKey: key,
    itemTitle: title,
    itemUrl: url,
    sessionId,
    draft: null,
    note: 'A design was asked for.',
    now,
  });
  const actor: Actor = { kind: 'USER', id: userId, name: rule.authorName, userId };
  const action = 'design_request.made';
  const by = { viewer: { tenantId, actor }, requestId: null, clock };
  const change = auditRecord(by, {
    action,
    resourceType: 'design_request',
    resourceId: sessionId,
    changes: { ruleId: rule.id, itemKey: key },
  });
  await tx.auditEvent.create({ data: change });
  await writeEvents(tx, [
    toEnvelope(action, {
      change,
      data: {
        request: {
          id: sessionId,
          ruleId: rule.id,
          ruleName: rule.name,
          userId,
          title: texts.title,
          description: texts.body,
          engine: rule.engine,
          item: { integrationId, key, url },
        },
      },
    }),
  ]);
}

function textsOf(
  { title, body }: IntegrationRule,
  values: ReadonlyMap<string, string>,
): { readonly title: string; readonly body: string } {
  const line = fillTemplate(title, values, MAX_TITLE_LENGTH)
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return {
    title: line === '' ? 'Untitled' : line,
    body: fillTemplate(body, values, MAX_BODY_LENGTH).trim(),
  };
}

function itemValues(
  rule: IntegrationRule,
  { data: { item } }: ItemChanged,
  body: string,
): ReadonlyMap<string, string> {
  return new Map([
    ['item.key', item.key],
    ['item.title', item.title],
    ['item.body', body],
    ['item.state', item.state],
    ['item.type', item.type],
    ['item.assignee', item.assignee ?? ''],
    ['item.url', item.url ?? ''],
    ['rule.name', rule.name],
  ]);
}

function agentValues(rule: IntegrationRule, { data }: AgentPublished): ReadonlyMap<string, string> {
  const { agent, version, environment } = data;
  return new Map([
    ['agent.name', agent.name],
    ['agent.slug', agent.slug],
    ['agent.description', agent.description],
    ['agent.version', String(version)],
    ['agent.environment', environment],
    ['rule.name', rule.name],
  ]);
}
