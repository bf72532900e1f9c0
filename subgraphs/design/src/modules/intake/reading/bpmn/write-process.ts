/** Writes a drawn process down in flow order, readable for people and models, and remembers where each element stands. */
import type { Span } from '../../../process-model/process-model.ts';
import type { DiagramActor, DiagramTimer } from './diagram.ts';
import type { ActivityStep, DrawnProcess, DrawnStart, GatewayStep, Way } from './drawn-process.ts';
import { Listing } from './listing.ts';

/** Where the elements of the process stand; keys of names in lower case. */
export interface Places {
  readonly actors: Map<string, Span[]>;
  readonly data: Map<string, Span[]>;
  readonly stores: Map<string, Span[]>;
  readonly steps: Map<string, Span>;
  /** By index in `ways`. */
  readonly ways: Map<number, Span>;
  readonly starts: Map<DrawnStart, Span>;
  readonly ends: Map<number, Span>;
  readonly exceptions: Map<number, Span>;
  readonly deadlines: Map<number, Span>;
}

export interface WrittenProcess {
  readonly text: string;
  readonly places: Places;
}

export function writeProcess(process: DrawnProcess): WrittenProcess {
  return new Writer(process).write();
}

export const keyOf = (name: string): string => name.toLowerCase();

export function timerWords({ kind, value }: DiagramTimer): string {
  switch (kind) {
    case 'DURATION':
      return `after ${value}`;
    case 'CYCLE':
      return `every ${value}`;
    case 'DATE':
      return `at ${value}`;
    default:
      return kind satisfies never;
  }
}

class Writer {
  readonly #process: DrawnProcess;
  readonly #listing = new Listing();
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #waysFrom: ReadonlyMap<string, readonly (Way & { readonly index: number })[]>;
  readonly #places: Places = {
    actors: new Map(),
    data: new Map(),
    stores: new Map(),
    steps: new Map(),
    ways: new Map(),
    starts: new Map(),
    ends: new Map(),
    exceptions: new Map(),
    deadlines: new Map(),
  };

  constructor(process: DrawnProcess) {
    this.#process = process;
    this.#numbers = new Map(process.steps.map(({ id }, index) => [id, index + 1]));
    this.#waysFrom = Map.groupBy(
      process.ways.map((way, index) => ({ ...way, index })),
      ({ sourceId }) => sourceId,
    );
  }

  write(): WrittenProcess {
    const { title, starts, steps, outsiders, notes } = this.#process;
    if (title !== '') this.#line(`Process: ${title}.`);
    if (outsiders.length > 0) this.#writeOutsiders(outsiders);
    for (const start of starts) this.#writeStart(start);
    for (const step of steps) {
      if (step.type === 'ACTIVITY') this.#writeActivity(step);
      else this.#writeGateway(step);
    }
    this.#writeEnds();
    this.#writeBorders();
    for (const note of notes) this.#line(`Note: ${note}`);
    return { text: this.#listing.text, places: this.#places };
  }

  #line(text: string): Span {
    const span = this.#listing.write(text);
    this.#listing.endLine();
    return span;
  }

  #writeOutsiders(outsiders: readonly DiagramActor[]): void {
    this.#listing.write('Outside: ');
    outsiders.forEach((actor, index) => {
      if (index > 0) this.#listing.write(', ');
      this.#writeActor(actor);
    });
    this.#line('.');
  }

  #writeActor({ name }: DiagramActor): void {
    note(this.#places.actors, name, this.#listing.write(name));
  }

  #writeStart(start: DrawnStart): void {
    this.#listing.write('Start: ');
    this.#places.starts.set(start, this.#listing.write(startWords(start)));
    if (start.sender !== null) {
      this.#listing.write(' from ');
      this.#writeActor(start.sender);
    }
    this.#line(start.targetId === null ? '.' : `, then ${this.#numberOf(start.targetId)}.`);
  }

  #writeActivity(step: ActivityStep): void {
    this.#listing.write(`${this.#numberOf(step.id)}. `);
    if (step.actor !== null) {
      this.#writeActor(step.actor);
      this.#listing.write(': ');
    }
    this.#places.steps.set(step.id, this.#listing.write(step.name));
    for (const [word, actor] of [
      ['to', step.recipient],
      ['from', step.sender],
    ] as const) {
      if (actor === null) continue;
      this.#listing.write(` (message ${word} `);
      this.#writeActor(actor);
      this.#listing.write(')');
    }
    if (step.scopeName !== '') this.#listing.write(` (part of ${step.scopeName})`);
    this.#listing.write('.');
    this.#writeData('Needs', step.inputs, false);
    this.#writeData('Reads', step.inputs, true);
    this.#writeData('Makes', step.outputs, false);
    this.#writeData('Writes to', step.outputs, true);
    if (step.documentation !== '') this.#listing.write(` ${step.documentation}`);
    this.#writeNext(step.id);
    this.#listing.endLine();
  }

  #writeData(word: string, references: ActivityStep['inputs'], isStore: boolean): void {
    const wanted = references.filter((reference) => reference.isStore === isStore);
    wanted.forEach(({ name }, index) => {
      this.#listing.write(index === 0 ? ` ${word} ` : ', ');
      note(isStore ? this.#places.stores : this.#places.data, name, this.#listing.write(name));
    });
    if (wanted.length > 0) this.#listing.write('.');
  }

  /** Only where it is not the step that is listed next. */
  #writeNext(id: string): void {
    const [way] = this.#waysFrom.get(id) ?? [];
    if (way === undefined) return;
    const next = this.#numberOf(way.targetId);
    if (next !== this.#numberOf(id) + 1) {
      this.#listing.write(' ');
      this.#places.ways.set(way.index, this.#listing.write(`Then ${next}`));
      this.#listing.write('.');
    }
  }

  #writeGateway(step: GatewayStep): void {
    const ways = this.#waysFrom.get(step.id) ?? [];
    this.#listing.write(`${this.#numberOf(step.id)}. `);
    this.#places.steps.set(step.id, this.#listing.write(gatewayWords(step)));
    this.#listing.write(step.name === '' || step.name.endsWith('?') ? '' : ':');
    for (const way of ways) {
      this.#listing.write(' ');
      const otherwise = way.condition === null ? 'Otherwise' : `Otherwise (${way.condition})`;
      const words = way.isDefault ? otherwise : (way.condition ?? 'Then');
      this.#places.ways.set(way.index, this.#listing.write(words));
      this.#listing.write(` → ${this.#numberOf(way.targetId)}.`);
    }
    this.#listing.endLine();
  }

  #writeEnds(): void {
    this.#process.ends.forEach(({ name, sourceId, condition }, index) => {
      this.#listing.write('End: ');
      this.#places.ends.set(index, this.#listing.write(name || 'the process is over'));
      const when = condition === null ? '' : ` (${condition})`;
      this.#line(`, after ${this.#numberOf(sourceId)}${when}.`);
    });
  }

  #writeBorders(): void {
    this.#process.exceptions.forEach(({ name, stepId }, index) => {
      this.#listing.write('Exception');
      if (stepId !== null) this.#listing.write(` at ${this.#numberOf(stepId)}`);
      this.#listing.write(': ');
      this.#places.exceptions.set(index, this.#listing.write(name));
      this.#line('.');
    });
    this.#process.deadlines.forEach(({ name, timer, relation, stepId }, index) => {
      const word = relation === 'WITHIN' ? 'Time limit of' : 'Wait before';
      this.#listing.write(`${word} ${this.#numberOf(stepId)}: `);
      const words = name === '' ? timerWords(timer) : `${name} (${timer.value})`;
      this.#places.deadlines.set(index, this.#listing.write(words));
      this.#line('.');
    });
  }

  #numberOf(stepId: string): number {
    return this.#numbers.get(stepId) ?? 0;
  }
}

function note(places: Map<string, Span[]>, name: string, span: Span): void {
  const known = places.get(keyOf(name));
  if (known) known.push(span);
  else places.set(keyOf(name), [span]);
}

function startWords({ name, timer }: DrawnStart): string {
  const words = name || (timer === null ? 'the process is started' : 'the time has come');
  return timer === null ? words : `${words}, ${timerWords(timer)}`;
}

function gatewayWords({ name, kind }: GatewayStep): string {
  if (name !== '') return name;
  switch (kind) {
    case 'AND':
      return 'At the same time:';
    case 'XOR':
      return 'One of these:';
    case 'OR':
      return 'One or several of these:';
    default:
      return kind satisfies never;
  }
}
