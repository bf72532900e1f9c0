/** Shows what a design found, as tables that a person can check against the text. */
import type { AcceptedAgent, DesignResult } from './operations.ts';

type ProcessModel = NonNullable<DesignResult['processModel']>;

/** The process model as lines of text. */
export function describeProcess(model: ProcessModel): readonly string[] {
  const names = new Map([...model.actors, ...model.systems].map(({ id, name }) => [id, name]));
  const nameOf = (id: string | null): string => (id === null ? '' : (names.get(id) ?? ''));
  const rows = model.activities.map((activity, index) => [
    String(index + 1),
    nameOf(activity.actorId),
    [activity.verb, activity.object].filter(Boolean).join(' '),
    nameOf(activity.recipientId),
    activity.systemIds.map(nameOf).join(', '),
  ]);
  return [
    ...table(['#', 'who', 'does what', 'for whom', 'in which system'], rows),
    ...section(
      'Decisions',
      model.gateways.map(({ kind, conditions }) => `${kind}: ${conditions.join(' | ')}`),
    ),
    ...section(
      'Rules',
      model.rules.map(({ kind, description }) => `${kind}: ${description}`),
    ),
    ...section(
      'Open questions',
      model.openQuestions.map(({ question }) => question),
    ),
  ];
}

/** The agent as lines of text. */
export function describeAgent(agent: AcceptedAgent, result: DesignResult): readonly string[] {
  return [
    `${agent.name} (${agent.slug}), ${agent.status}, version ${agent.draft.number}, owner ${agent.owner?.name ?? 'unknown'}`,
    ...section('Tools', result.definition?.tools.map(({ name }) => name) ?? []),
    ...section('Guardrails', result.definition?.guardrails.map(({ description }) => description) ?? []),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  - ${line}`)];
}

/** Columns as wide as their widest cell, at most 40 characters. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const clip = (cell: string): string => (cell.length > MAX_CELL ? `${cell.slice(0, MAX_CELL - 1)}…` : cell);
  const cells = [header, ...rows].map((row) => row.map(clip));
  const widths = header.map((_title, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const [titles = '', ...content] = lines;
  return [titles, widths.map((width) => '─'.repeat(width)).join('  '), ...content];
}

const MAX_CELL = 40;
