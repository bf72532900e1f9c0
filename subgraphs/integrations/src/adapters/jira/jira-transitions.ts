/** The steps that an issue may take, and taking one. */
import { z } from 'zod';
import { OutboundError } from '@flowgrid/outbound';
import { ConnectorError, orNullWhenMissing } from '../connector-error.ts';
import { toItemLine, type ExternalItem, type ItemTransition } from '../external-item.ts';
import { findIssue } from './jira-issues.ts';
import { askJira, JiraRefusal, tellJira } from './jira-request.ts';
import { apiPath, type JiraSite } from './jira-site.ts';
import { toName, toNames } from './required-fields.ts';

const transitionsSchema = z.object({
  transitions: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      to: z.object({ name: z.string() }),
      fields: z
        .record(
          z.string(),
          z.object({ name: z.string(), required: z.boolean(), hasDefaultValue: z.boolean().optional() }),
        )
        .optional(),
    }),
  ),
});
type Transition = z.output<typeof transitionsSchema>['transitions'][number];

/** Null for an issue that is not there. */
export async function listIssueTransitions(
  site: JiraSite,
  key: string,
): Promise<readonly ItemTransition[] | null> {
  const transitions = await readTransitions(site, key);
  if (transitions === null) return null;
  const wanted = [
    ...new Set(transitions.flatMap((transition) => requiredOf(transition).map(({ id }) => id))),
  ];
  const issue = wanted.length === 0 ? null : await findIssue(site, key, wanted);
  return transitions.map((transition) => toTransition(transition, issue?.fields ?? {}));
}

/** The issue after the step; null for an issue that is not there. */
export async function transitionIssue(
  site: JiraSite,
  { key, transitionId }: { readonly key: string; readonly transitionId: string },
): Promise<ExternalItem | null> {
  const transition = (await readTransitions(site, key))?.find(({ id }) => id === transitionId);
  const before = await findIssue(site, key, transition ? requiredOf(transition).map(({ id }) => id) : []);
  if (before === null) return null;
  if (transition === undefined)
    throw new ConnectorError('Jira does not offer this step now. Look which ones it offers.');
  const { requires = [], toState } = toTransition(transition, before.fields);
  if (requires.length > 0) {
    const names = toNames(requires.map((name) => ({ name })));
    throw new ConnectorError(`Jira requires ${names} for this step. Take it there.`);
  }
  if (!(await post(site, key, transition))) return null;
  return (await findMoved(site, key)) ?? { ...before.item, state: toState };
}

function readTransitions(site: JiraSite, key: string): Promise<readonly Transition[] | null> {
  const path = apiPath(site, `issue/${key}/transitions?expand=transitions.fields`);
  return orNullWhenMissing(askJira(site, { path }, transitionsSchema).then(({ transitions }) => transitions));
}

interface RequiredField {
  readonly id: string;
  readonly name: string;
}

function requiredOf({ fields = {} }: Transition): readonly RequiredField[] {
  return Object.entries(fields).flatMap(([id, { name, required, hasDefaultValue }]) =>
    required && hasDefaultValue !== true ? [{ id, name }] : [],
  );
}

/** What the issue has already need not be filled in again. */
function toTransition(transition: Transition, has: Readonly<Record<string, unknown>>): ItemTransition {
  const missing = requiredOf(transition).filter(({ id }) => isEmpty(has[id]));
  return {
    id: transition.id,
    name: toItemLine(transition.name),
    toState: toItemLine(transition.to.name),
    ...(missing.length > 0 && { requires: missing.map(({ name }) => toName(name)) }),
  };
}

const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

/** False for an issue that is no longer there. */
async function post(site: JiraSite, key: string, { id }: Transition): Promise<boolean> {
  try {
    await tellJira(site, {
      method: 'POST',
      path: apiPath(site, `issue/${key}/transitions`),
      body: { transition: { id } },
    });
    return true;
  } catch (error) {
    if (error instanceof ConnectorError && error.status === 404) return false;
    if (!(error instanceof JiraRefusal)) throw error;
    throw new ConnectorError(
      'Jira does not take this step (400). A rule of the workflow there is against it.',
      {
        status: 400,
      },
    );
  }
}

/** The step was taken, whatever happens when the issue is read. */
async function findMoved(site: JiraSite, key: string): Promise<ExternalItem | null> {
  try {
    return (await findIssue(site, key))?.item ?? null;
  } catch (error) {
    if (error instanceof ConnectorError || error instanceof OutboundError) return null;
    throw error;
  }
}
