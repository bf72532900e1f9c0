/** What a fake ServiceNow instance holds: users, choices, tasks and their journal. */
import { createHash } from 'node:crypto';

export type Fields = Record<string, string>;

export interface User {
  readonly id: string;
  readonly name: string;
  readonly password: string;
  readonly roles: readonly string[];
  /** Fields whose values are left out of what the user writes, without a word. */
  readonly cannotWrite: readonly string[];
}

export interface OAuthClient {
  readonly id: string;
  readonly secret: string;
  /** As whom client credentials act. */
  readonly user: string;
}

const PREFIXES: Readonly<Record<string, string>> = {
  task: 'TASK',
  incident: 'INC',
  problem: 'PRB',
  change_request: 'CHG',
  sc_req_item: 'RITM',
  sc_task: 'SCTASK',
};
export const LABELS: Readonly<Record<string, string>> = {
  task: 'Task',
  incident: 'Incident',
  problem: 'Problem',
  change_request: 'Change Request',
  sc_req_item: 'Requested Item',
  sc_task: 'Catalog Task',
};
const NEW_STATE: Readonly<Record<string, string>> = { change_request: '-5' };

const STATES: Readonly<Record<string, readonly (readonly [string, string, string])[]>> = {
  task: [
    ['-5', 'Pending', 'Ausstehend'],
    ['1', 'Open', 'Offen'],
    ['2', 'Work in Progress', 'In Arbeit'],
    ['3', 'Closed Complete', 'Vollständig geschlossen'],
    ['4', 'Closed Incomplete', 'Unvollständig geschlossen'],
  ],
  incident: [
    ['1', 'New', 'Neu'],
    ['2', 'In Progress', 'In Bearbeitung'],
    ['3', 'On Hold', 'Angehalten'],
    ['6', 'Resolved', 'Gelöst'],
    ['7', 'Closed', 'Geschlossen'],
    ['8', 'Canceled', 'Abgebrochen'],
  ],
  change_request: [
    ['-5', 'New', 'Neu'],
    ['-1', 'Implement', 'Umsetzen'],
    ['3', 'Closed', 'Geschlossen'],
  ],
};
const CLOSE_CODES: Readonly<Record<string, readonly string[]>> = {
  incident: ['Solution provided', 'Resolved by caller', 'Duplicate'],
  change_request: ['Successful', 'Unsuccessful'],
};

export class Records {
  readonly users = new Map<string, User>();
  readonly clients = new Map<string, OAuthClient>();
  readonly tasks = new Map<string, Fields>();
  readonly journal: Fields[] = [];
  readonly choices: Fields[] = listChoices();
  /** Tasks that no user may read, by number. */
  readonly hidden = new Set<string>();
  /** The language in which people read: `en` or `de`. */
  language = 'en';
  #count = 0;

  addUser(user: Partial<User> & Pick<User, 'name' | 'password'>): User {
    const whole = {
      id: toId(`user ${user.name}`),
      roles: ['itil', 'snc_internal'],
      cannotWrite: [],
      ...user,
    };
    this.users.set(whole.name, whole);
    return whole;
  }

  isTaskTable(table: string): boolean {
    return Object.hasOwn(PREFIXES, table);
  }

  addTask(table: string, fields: Fields, at: Date): Fields {
    this.#count += 1;
    const number = `${PREFIXES[table] ?? 'TASK'}${String(10_000 + this.#count).padStart(7, '0')}`;
    const task = {
      number,
      short_description: '',
      description: '',
      state: NEW_STATE[table] ?? '1',
      close_code: '',
      close_notes: '',
      assigned_to: '',
      ...fields,
      sys_class_name: table,
      sys_id: toId(number),
      sys_mod_count: '0',
      sys_created_on: toStored(at),
      sys_updated_on: toStored(at),
    };
    this.tasks.set(number, task);
    return task;
  }

  changeTask(task: Fields, fields: Fields, at: Date): void {
    const { comments, work_notes: workNotes, ...stored } = fields;
    for (const [element, value] of Object.entries({ comments, work_notes: workNotes })) {
      if (value === undefined || value === '') continue;
      const id = toId(`journal ${this.journal.length}`);
      const createdOn = toStored(at);
      this.journal.push({
        sys_id: id,
        element_id: task['sys_id'] ?? '',
        element,
        value,
        sys_created_on: createdOn,
      });
    }
    const hasChanged = Object.entries(fields).some(([name, value]) => task[name] !== value);
    if (!hasChanged) return;
    Object.assign(task, stored);
    task['sys_mod_count'] = String(Number(task['sys_mod_count']) + 1);
    task['sys_updated_on'] = toStored(at);
  }

  stateLabel(task: Fields): string {
    const table = STATES[task['sys_class_name'] ?? ''] === undefined ? 'task' : task['sys_class_name'];
    return (
      this.choices.find(
        (choice) =>
          choice['name'] === table &&
          choice['element'] === 'state' &&
          choice['value'] === task['state'] &&
          choice['language'] === this.language,
      )?.['label'] ??
      task['state'] ??
      ''
    );
  }
}

function listChoices(): Fields[] {
  const choices: Fields[] = [];
  const add = (name: string, element: string, [value, label, language]: readonly string[]): void => {
    choices.push({
      sys_id: toId(`choice ${choices.length}`),
      name,
      element,
      value: value ?? '',
      label: label ?? '',
      language: language ?? 'en',
      inactive: 'false',
      sequence: String(choices.length).padStart(4, '0'),
    });
  };
  for (const [table, states] of Object.entries(STATES)) {
    for (const [value, english, german] of states) {
      add(table, 'state', [value, english, 'en']);
      add(table, 'state', [value, german, 'de']);
    }
  }
  for (const [table, codes] of Object.entries(CLOSE_CODES))
    for (const code of codes) add(table, 'close_code', [code, code, 'en']);
  return choices;
}

export function toId(name: string): string {
  return createHash('md5').update(name).digest('hex');
}

/** In UTC, by whole seconds. */
export function toStored(at: Date): string {
  return at.toISOString().slice(0, 19).replace('T', ' ');
}
