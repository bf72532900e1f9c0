/** The states that a task of ServiceNow may be set to. The Table API knows no workflow: each state but its own is a step. */
import { z } from 'zod';
import { ConnectorError } from '../connector-error.ts';
import { toItemLine, type ExternalItem, type ItemTransition } from '../external-item.ts';
import { field, readRows, sendRow, type ServiceNowCall } from './servicenow-request.ts';
import { TASK_PARAMETERS, findTask, taskSchema, toItem, type FoundTask } from './servicenow-tasks.ts';
import { withWords } from './servicenow-writes.ts';

const choiceSchema = z.object({ name: field, element: field, value: field, label: field, language: field });

interface Choice {
  readonly table: string;
  readonly element: string;
  readonly value: string;
  readonly label: string;
  readonly language: string;
}

/** A step, with what has to be written for it. */
interface Step extends ItemTransition {
  readonly state: string;
  readonly closeCode: string | null;
}

const MAX_CHOICES = 1_000;
const VALUE = /^[\w .()/-]{1,60}$/;
/** States in which the platform wants to know how a task was closed: then each way of closing it is a step. */
const CLOSING_STATES: Readonly<Record<string, readonly string[]>> = {
  incident: ['6', '7'],
  change_request: ['3'],
};

/** Null for a task that is not there. */
export async function listServiceNowTransitions(
  call: ServiceNowCall,
  key: string,
): Promise<readonly ItemTransition[] | null> {
  const found = await findTask(call, key);
  if (found === null) return null;
  return (await listSteps(call, found)).map(({ state: _state, closeCode: _closeCode, ...step }) => step);
}

export async function transitionServiceNowTask(
  call: ServiceNowCall,
  { key, transitionId }: { readonly key: string; readonly transitionId: string },
): Promise<ExternalItem | null> {
  const found = await findTask(call, key);
  if (found === null) return null;
  const step = (await listSteps(call, found)).find(({ id }) => id === transitionId);
  if (step === undefined)
    throw new ConnectorError('The ticket has no such step now. Ask for its steps again.');
  if (step.requires !== undefined) {
    throw new ConnectorError(
      `ServiceNow requires ${step.requires.join(' and ')} for this state, which only a person there can fill in.`,
    );
  }
  const body = {
    state: step.state,
    ...(step.closeCode !== null && {
      close_code: step.closeCode,
      close_notes: `Set to ${step.toState} by Flowgrid.`,
    }),
  };
  const request = {
    table: found.table,
    recordId: found.recordId,
    parameters: TASK_PARAMETERS,
    write: { method: 'PATCH', body },
  } as const;
  const task = await withWords(sendRow(call, request, taskSchema), 'change the state of this ticket');
  // Rules for single fields leave a value out without a word.
  if (task.state.value !== step.state) {
    throw new ConnectorError(
      'ServiceNow did not set the state. Let the user write the field state, or look which business rule refuses it.',
    );
  }
  return toItem(task, call.connection.baseUrl);
}

async function listSteps(call: ServiceNowCall, { task, table }: FoundTask): Promise<readonly Step[]> {
  const choices = await readChoices(call, table);
  const states = inLanguage(ofTable(choices, 'state', table), task.state);
  const closing = CLOSING_STATES[table] ?? [];
  const codes = inLanguage(ofTable(choices, 'close_code', table), task.state);
  return states
    .filter(({ value }) => value !== task.state.value)
    .flatMap((state): Step[] => {
      const plain = { toState: state.label, state: state.value };
      const bare = { ...plain, id: state.value, name: state.label, closeCode: null };
      if (!closing.includes(state.value)) return [bare];
      if (codes.length === 0) return [{ ...bare, requires: ['close_code', 'close_notes'] }];
      return codes.map((code) => ({
        ...plain,
        id: `${state.value}:${code.value}`,
        name: `${state.label}: ${code.label}`,
        closeCode: code.value,
      }));
    });
}

async function readChoices(call: ServiceNowCall, table: string): Promise<readonly Choice[]> {
  const parameters = {
    sysparm_query: `nameIN${table},task^elementINstate,close_code^inactive=false^ORDERBYsequence`,
    sysparm_fields: 'name,element,value,label,language',
    sysparm_limit: String(MAX_CHOICES),
  };
  const { rows } = await readRows(call, { table: 'sys_choice', parameters }, choiceSchema);
  return rows
    .map((row) => ({
      table: row.name.value,
      element: row.element.value,
      value: row.value.value,
      label: toItemLine(row.label.value),
      language: row.language.value,
    }))
    .filter(({ value, label }) => VALUE.test(value) && label !== '');
}

/** A table has choices of its own, or those of `task`. */
function ofTable(choices: readonly Choice[], element: string, table: string): readonly Choice[] {
  const ofElement = choices.filter((choice) => choice.element === element);
  const own = ofElement.filter((choice) => choice.table === table);
  if (own.length > 0) return own;
  return element === 'state' ? ofElement.filter((choice) => choice.table === 'task') : [];
}

/** In the language in which the instance shows the task's own state; each value once. */
function inLanguage(
  choices: readonly Choice[],
  shown: { readonly value: string; readonly shown: string },
): readonly Choice[] {
  const own = choices.find(({ value, label }) => value === shown.value && label === shown.shown);
  const language = own?.language ?? 'en';
  const spoken = choices.filter((choice) => choice.language === language);
  const known = spoken.length > 0 ? spoken : choices;
  return [...new Map(known.map((choice) => [choice.value, choice])).values()];
}
