/** What holds for every text: exact places, known ids, the same answer each time, and an answer in time. */
import { describe, expect, test } from 'vitest';
import { cpuGrowth } from '../../../testkit/cpu-growth.ts';
import type { ProcessModel, Span } from '../process-model.ts';
import { checkProcessModel } from '../edit-model.ts';
import { analyzeProcessText } from './analyze.ts';
import { EXAMPLES } from './example-texts.ts';
import { hostileTexts } from './hostile-texts.ts';

// Long enough to tell a square from a line, short enough for two busy cores; the longest are read in tests of the thread.
const LENGTH = 8_000;
const HOSTILE = hostileTexts(LENGTH);

const TEXTS: Readonly<Record<string, string>> = { ...EXAMPLES, ...HOSTILE };

const clean = (words: string): string => words.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();

const wordsIn = (text: string, model: ProcessModel): readonly (readonly [string, string])[] => {
  const at = (span: Span): string => clean(text.slice(span.start, span.end));
  const described = [...model.rules, ...model.triggers, ...model.exceptions].map(
    (element): readonly [string, string] => [at(element.span), element.description],
  );
  const named = [...model.actors, ...model.dataObjects].map((element): readonly [string, string] => [
    at(element.span),
    element.name,
  ]);
  const conditions = model.flows.flatMap((flow): readonly (readonly [string, string])[] =>
    flow.condition === null
      ? []
      : [[at(flow.span).toLowerCase(), flow.condition.replace(/^unless /u, '').toLowerCase()]],
  );
  return [...described, ...named, ...conditions];
};

const spansOf = (model: ProcessModel): readonly Span[] => {
  const { revision: _revision, ...lists } = model;
  const mentions = [...model.actors, ...model.dataObjects].flatMap((element) => element.mentions ?? []);
  return [...Object.values(lists).flatMap((list) => list.map((element) => element.span)), ...mentions];
};

describe.each(Object.entries(TEXTS))('%s', (_name, text) => {
  const model = analyzeProcessText(text);

  test('every span lies in the text and cuts exactly the words meant', () => {
    const empty = text.trim() === '';
    const wrong = spansOf(model).filter(
      (span) =>
        span.start < 0 ||
        span.end > text.length ||
        span.start > span.end ||
        (!empty && span.start === span.end),
    );
    const edges = spansOf(model).filter(
      (span) => text.slice(span.start, span.end) !== text.slice(span.start, span.end).trim(),
    );

    expect(wrong).toEqual([]);
    expect(edges).toEqual([]);
    for (const [found, meant] of wordsIn(text, model)) expect(found).toBe(meant);
  });

  test('ids are unique and every reference leads to an element', () => {
    const { revision: _revision, ...lists } = model;
    const ids = Object.values(lists).flatMap((list) => list.map((element) => element.id));
    const references = [
      ...model.activities.flatMap((activity) => [
        activity.actorId,
        activity.recipientId,
        ...activity.systemIds,
        ...activity.inputIds,
        ...activity.outputIds,
      ]),
      ...model.flows.flatMap((flow) => [flow.sourceId, flow.targetId]),
    ].filter((id) => id !== null);

    expect(new Set(ids).size).toBe(ids.length);
    expect(references.filter((id) => !ids.includes(id))).toEqual([]);
  });

  test('a model with activities is one that a person could have written: nothing dangles, everything is reached', () => {
    const { activities } = model;

    expect(activities.length === 0 || !text.isWellFormed() ? [] : checkProcessModel(model, text)).toEqual([]);
  });

  test('hand-offs join different actors, and defaults lead out of their gateway', () => {
    const own = model.handoffs.filter(({ fromActorId, toActorId }) => fromActorId === toActorId);
    const sources = new Map(model.flows.map((flow) => [flow.id, flow.sourceId]));
    const foreign = model.gateways.filter(
      ({ id, defaultFlowId }) => defaultFlowId !== null && sources.get(defaultFlowId) !== id,
    );

    expect(own).toEqual([]);
    expect(foreign).toEqual([]);
  });

  test('the same text gives the same model', () => {
    expect(analyzeProcessText(text)).toEqual(model);
  });
});

describe('time', () => {
  const longer = { ...HOSTILE, 'real text': `${EXAMPLES.claims} `.repeat(20).slice(0, LENGTH) };

  // A text that needs quadratic time would block the worker for everyone.
  test.each(Object.entries(longer))('grows with the length of %s, not with its square', (_name, text) => {
    const growth = cpuGrowth({
      small: () => analyzeProcessText(text.slice(0, LENGTH / 4)),
      large: () => analyzeProcessText(text),
    });

    expect(growth).toBeLessThan(10);
  });

  test('real text of 50,000 characters is read to its end', () => {
    expect(
      analyzeProcessText(`${EXAMPLES.claims} `.repeat(100).slice(0, 50_000)).activities.length,
    ).toBeGreaterThan(500);
  });

  test('steps of every reachable activity are joined to what comes before them', () => {
    const model = analyzeProcessText(EXAMPLES.onboarding);
    const reached = new Set(model.flows.map((flow) => flow.targetId));

    expect(model.activities.slice(1).filter((activity) => !reached.has(activity.id))).toEqual([]);
  });
});
