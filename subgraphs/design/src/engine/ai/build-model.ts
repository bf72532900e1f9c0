/** Turns a model's reading of a description into a process model: what has no place in the text is left out, the rest is completed by rules. */
import { activityTitle } from '../../modules/definition/activities.ts';
import { oneLine, plainName, toWords } from '../../modules/definition/plain-text.ts';
import { findKnownSystem } from '../../modules/process-model/analysis/system-names.ts';
import { checkProcessModel, completeProcessModel } from '../../modules/process-model/edit-model.ts';
import type { ProcessModelInput } from '../../modules/process-model/edit-model.ts';
import type { ProcessActivity, ProcessModel, Span } from '../../modules/process-model/process-model.ts';
import type { AnalysisAnswer } from './analysis-answer.ts';
import type { Checked } from './ask-checked.ts';
import { drawFlows } from './draw-flows.ts';
import type { FlowDraft } from './draw-flows.ts';
import { Grounding, NOWHERE } from './grounding.ts';
import type { GroundingInput } from './grounding.ts';
import { readRules } from './read-rules.ts';

const MAX_ELEMENTS = 400;
const MAX_QUESTIONS = 40;

export interface BuildInput extends GroundingInput {
  readonly revision: number;
  /** What rules alone read in the same text: details of deadlines, limits and timers. */
  readonly local: ProcessModel | null;
}

export interface ReadProcess {
  readonly model: ProcessModel;
  /** What is said about a refinement. */
  readonly answer: string | null;
}

export function buildModel(answer: AnalysisAnswer, input: BuildInput): Checked<ReadProcess> {
  const building = new Building(answer, input);
  const { model, faults } = building.build();
  const said = plainName(answer.answer, 1_000);
  const isEmptied = answer.activities.length > 0 && model.activities.length === 0;
  if (isEmptied) faults.push('None of the activities has words of the source text as its quote.');
  const errors = model.activities.length === 0 ? [] : checkProcessModel(model, input.sourceText);
  const isUsable = !isEmptied && errors.length === 0;
  return {
    result: isUsable ? { model, answer: input.previous === null || said === '' ? null : said } : null,
    faults: [...faults, ...errors.map(({ path, message }) => `${path.join('.')}: ${message}`)],
    rejections: building.rejections,
  };
}

type Kind = 'actor' | 'system' | 'dataObject' | 'activity' | 'gateway';
const LISTS = {
  actor: 'actors',
  system: 'systems',
  dataObject: 'dataObjects',
  activity: 'activities',
  gateway: 'gateways',
} as const;

class Building {
  readonly #answer: AnalysisAnswer;
  readonly #input: BuildInput;
  readonly #grounding: Grounding;
  readonly #ids = new Map<string, string>();
  readonly #taken = new Set<string>();
  readonly #faults: string[] = [];

  constructor(answer: AnalysisAnswer, input: BuildInput) {
    this.#answer = answer;
    this.#input = input;
    this.#grounding = new Grounding(input);
  }

  get rejections(): Grounding['rejections'] {
    return this.#grounding.rejections;
  }

  build(): { readonly model: ProcessModel; readonly faults: string[] } {
    const actors = this.#actors();
    const systems = this.#systems();
    const dataObjects = this.#dataObjects();
    const activities = this.#activities();
    const gateways = this.#gateways();
    const drawn = drawFlows({
      activities,
      gateways,
      flows: this.#flows(),
      nextGatewayId: () => this.#freeId('gateway'),
    });
    const read = readRules(this.#answer, {
      grounding: this.#grounding,
      local: this.#input.local,
      sourceText: this.#input.sourceText,
      idOf: (key) => this.#ids.get(`activity:${key}`) ?? null,
    });
    const model: ProcessModelInput = { actors, systems, dataObjects, activities, ...drawn, ...read };
    const completed = completeProcessModel({ ...model, openQuestions: null }, this.#input.revision);
    const asked = this.#questions(completed);
    const derived = activities.length === 0 && asked.length > 0 ? [] : completed.openQuestions;
    return {
      model: completeProcessModel(
        { ...model, flows: completed.flows, ends: completed.ends, openQuestions: [...derived, ...asked] },
        this.#input.revision,
      ),
      faults: this.#faults,
    };
  }

  /** Keys are the model's; ids are ours, and stay as they were in a refinement. A key that is there twice names the first. */
  #name(kind: Kind, key: string): string {
    const before = this.#input.previous?.model[LISTS[kind]] ?? [];
    const isKept = before.some((element) => element.id === key) && !this.#taken.has(key);
    const id = isKept ? key : this.#freeId(kind === 'dataObject' ? 'data' : kind);
    this.#taken.add(id);
    if (!this.#ids.has(`${kind}:${key}`)) this.#ids.set(`${kind}:${key}`, id);
    return id;
  }

  #freeId(prefix: string): string {
    const { revision: _revision, ...lists } = this.#input.previous?.model ?? { revision: 0 };
    const before = new Set(Object.values(lists).flatMap((list) => list.map(({ id }) => id)));
    let number = 1;
    while (this.#taken.has(`${prefix}-${number}`) || before.has(`${prefix}-${number}`)) number += 1;
    this.#taken.add(`${prefix}-${number}`);
    return `${prefix}-${number}`;
  }

  /** The id of what a key stands for; null for an empty key. What does not exist is a fault of the answer. */
  #refer(kind: Kind, key: string, place: string): string | null {
    if (key === '') return null;
    const id = this.#ids.get(`${kind}:${key}`);
    if (id === undefined && !this.#wasRefused(kind, key)) {
      this.#faults.push(
        `${place} names the ${kind} ${JSON.stringify(oneLine(key, 40))}, which the answer does not have.`,
      );
    }
    return id ?? null;
  }

  #wasRefused(kind: Kind, key: string): boolean {
    return this.#answer[LISTS[kind]].some((draft) => draft.key === key);
  }

  #placeNamed(
    subject: string,
    quote: string,
    before: readonly { readonly name: string; readonly span: Span }[],
    name: string,
  ): Span | null {
    const known = before.find((element) => element.name.toLowerCase() === name.toLowerCase());
    const span = this.#grounding.place(quote) ?? known?.span ?? null;
    if (span === null) this.#grounding.reject(subject, 'It is not in the description.');
    return span;
  }

  #actors(): NonNullable<ProcessModelInput['actors']> {
    const before = this.#input.previous?.model.actors ?? [];
    const placed = this.#answer.actors.slice(0, MAX_ELEMENTS).flatMap((draft) => {
      const span = this.#placeNamed(`actor ${draft.name}`, draft.quote, before, draft.name);
      return span === null ? [] : [{ draft, span }];
    });
    return placed.map(({ draft, span }) => ({
      id: this.#name('actor', draft.key),
      span,
      name: this.#nameFor(draft.name, draft.quote, 'Somebody'),
      kind: draft.kind,
    }));
  }

  /** A name that the text does not have gives way to the words of the text. */
  #nameFor(name: string, quote: string, fallback: string): string {
    const shown = this.#grounding.isFromText(name) || quote === '' ? name : quote;
    return plainName(shown, 200) || fallback;
  }

  #systems(): NonNullable<ProcessModelInput['systems']> {
    const before = this.#input.previous?.model.systems ?? [];
    const placed = this.#answer.systems.slice(0, MAX_ELEMENTS).flatMap((draft) => {
      const isKnown = before.some(({ name }) => name.toLowerCase() === draft.name.toLowerCase());
      if (!this.#grounding.names(draft.name) && !isKnown) {
        this.#grounding.reject(`system ${draft.name}`, 'The description does not name it.');
        return [];
      }
      const span = this.#placeNamed(`system ${draft.name}`, draft.quote, before, draft.name);
      return span === null ? [] : [{ draft, span }];
    });
    return placed.map(({ draft, span }) => {
      const name = plainName(draft.name, 200);
      return {
        id: this.#name('system', draft.key),
        span,
        name,
        integrationKind: findKnownSystem(name)?.integrationKind ?? null,
        role: draft.role,
      };
    });
  }

  #dataObjects(): NonNullable<ProcessModelInput['dataObjects']> {
    const before = this.#input.previous?.model.dataObjects ?? [];
    const placed = this.#answer.dataObjects.slice(0, MAX_ELEMENTS).flatMap((draft) => {
      const span = this.#placeNamed(`data ${draft.name}`, draft.quote, before, draft.name);
      return span === null ? [] : [{ draft, span }];
    });
    return placed.map(({ draft, span }) => ({
      id: this.#name('dataObject', draft.key),
      span,
      name: this.#nameFor(draft.name, draft.quote, 'data'),
    }));
  }

  #activities(): readonly ProcessActivity[] {
    let from = 0;
    const placed = this.#answer.activities.slice(0, MAX_ELEMENTS).flatMap((draft) => {
      const span = this.#grounding.place(draft.quote, from) ?? this.#placeBefore(draft.verb, draft.object);
      if (span === null || toWords(draft.verb).length === 0) {
        this.#grounding.reject(`activity ${draft.verb} ${draft.object}`, 'It is not in the description.');
        return [];
      }
      from = Math.max(from, span.start);
      return [{ draft, span }];
    });
    const named = placed.map(({ draft, span }) => ({
      draft,
      span,
      id: this.#name('activity', draft.key),
    }));
    return named.map(({ draft, span, id }) => {
      const place = `activity ${oneLine(draft.key, 40)}`;
      const all = (kind: Kind, keys: readonly string[]): readonly string[] => [
        ...new Set(keys.slice(0, 50).flatMap((key) => this.#refer(kind, key, place) ?? [])),
      ];
      return {
        id,
        span,
        verb: plainName(draft.verb, 60).toLowerCase(),
        object: this.#objectOf(draft.object, draft.quote),
        kind: draft.kind,
        actorId: this.#refer('actor', draft.actor, place),
        recipientId: this.#refer('actor', draft.recipient, place),
        systemIds: all('system', draft.systems),
        inputIds: all('dataObject', draft.inputs),
        outputIds: all('dataObject', draft.outputs),
      };
    });
  }

  #objectOf(object: string, quote: string): string | null {
    const name = plainName(object, 200);
    if (name === '') return null;
    if (this.#grounding.isFromText(name) || quote === '') return name;
    this.#grounding.reject(`object ${name}`, 'The description does not say it.');
    return null;
  }

  /** What a refinement keeps needs no quote: it was there before. */
  #placeBefore(verb: string, object: string): Span | null {
    const title = `${verb} ${object}`.trim().toLowerCase();
    const before = this.#input.previous?.model.activities ?? [];
    return before.find((activity) => activityTitle(activity).toLowerCase() === title)?.span ?? null;
  }

  #gateways(): NonNullable<ProcessModelInput['gateways']> {
    return this.#answer.gateways.slice(0, MAX_ELEMENTS).map((draft) => ({
      // A gateway says nothing of its own: where its words are not found, its conditions still must be.
      id: this.#name('gateway', draft.key),
      span: this.#grounding.place(draft.quote) ?? NOWHERE,
      kind: draft.kind,
    }));
  }

  #flows(): readonly FlowDraft[] {
    const node = (key: string, place: string): string | null =>
      this.#ids.get(`gateway:${key}`) ?? this.#refer('activity', key, place);
    return this.#answer.flows.slice(0, MAX_ELEMENTS * 4).flatMap(({ from, to, condition }, index) => {
      const place = `flow ${index + 1}`;
      const sourceId = node(from, place);
      const targetId = to === 'END' ? null : node(to, place);
      if (sourceId === null || (targetId === null && to !== 'END')) return [];
      return [{ sourceId, targetId, ...this.#conditionOf(condition) }];
    });
  }

  #conditionOf(condition: string): { readonly condition: string | null; readonly span: Span } {
    const text = oneLine(condition, 500);
    if (text === '') return { condition: null, span: NOWHERE };
    const span = this.#grounding.place(text);
    const isElse = /^(?:or )?(?:otherwise|else|if not)$/i.test(text);
    if (span !== null || isElse || this.#grounding.isFromText(text))
      return { condition: text, span: span ?? NOWHERE };
    this.#grounding.reject(`condition ${text}`, 'It is not in the description.');
    return { condition: null, span: NOWHERE };
  }

  #questions(model: ProcessModel): NonNullable<ProcessModelInput['openQuestions']> {
    const known = new Set(model.openQuestions.map(({ question }) => question.toLowerCase()));
    return this.#answer.openQuestions.slice(0, MAX_QUESTIONS).flatMap(({ question, about }) => {
      const text = plainName(question, 500);
      if (text === '' || known.has(text.toLowerCase())) return [];
      const elementIds = about
        .slice(0, 20)
        .flatMap((key) => [...this.#ids].flatMap(([name, id]) => (name.endsWith(`:${key}`) ? [id] : [])));
      const spans = [...model.activities, ...model.actors, ...model.systems, ...model.gateways];
      const span = spans.find(({ id }) => elementIds.includes(id))?.span ?? NOWHERE;
      return [{ question: text, kind: 'OTHER' as const, elementIds: [...new Set(elementIds)], span }];
    });
  }
}
