/** Names what an answer holds while it comes: reads incomplete JSON, and tells of each element once. */
import { parse } from 'partial-json';
import { z } from 'zod';
import { plainName } from '../../modules/definition/plain-text.ts';
import type { Found } from '../engine.ts';
import { QuoteLocator } from './locate-quotes.ts';

/** Reading all of it for every few characters would be work squared: it is read again when it has grown by a part of itself. */
const LEAST_GROWTH = 400;
const GROWTH = 1.15;
const MAX_LENGTH = 600_000;
const MAX_NAME_LENGTH = 120;
const MAX_FOUND = 500;

const some = <Element extends z.ZodType>(
  element: Element,
): z.ZodCatch<z.ZodArray<z.ZodCatch<z.ZodNullable<Element>>>> =>
  z.array(element.nullable().catch(null)).catch([]);

const quoted = z.object({ name: z.string(), quote: z.string() });

const partOfAnalysis = z.object({
  actors: some(quoted),
  systems: some(quoted),
  activities: some(z.object({ verb: z.string(), object: z.string(), quote: z.string() })),
});

const partOfDesign = z.object({ agents: some(z.object({ name: z.string(), summary: z.string() })) });

export type TextListener = (json: string) => void;

/** Only what has its words in the text is told: the rest will be refused. */
export function readAnalysisParts(
  sourceText: string,
  onFound: (found: readonly Found[]) => void,
): TextListener {
  const locator = new QuoteLocator(sourceText);
  return createReader(onFound, (value) => {
    const { actors, systems, activities } = partOfAnalysis.parse(value);
    const named = (
      kind: Found['kind'],
      list: readonly (z.output<typeof quoted> | null)[],
    ): readonly Found[] =>
      list.flatMap((element) =>
        element !== null && locator.has(element.quote) && locator.has(element.name)
          ? [{ kind, name: element.name }]
          : [],
      );
    return [
      ...named('ACTOR', actors),
      ...named('SYSTEM', systems),
      ...activities.flatMap((activity) =>
        activity !== null && locator.has(activity.quote)
          ? [{ kind: 'ACTIVITY' as const, name: `${activity.verb} ${activity.object}` }]
          : [],
      ),
    ];
  });
}

/** Tools and guardrails are told when they have been checked. */
export function readDesignParts(onFound: (found: readonly Found[]) => void): TextListener {
  return createReader(onFound, (value) =>
    partOfDesign
      .parse(value)
      .agents.flatMap((agent) => (agent === null ? [] : [{ kind: 'AGENT' as const, name: agent.name }])),
  );
}

function createReader(
  onFound: (found: readonly Found[]) => void,
  read: (value: unknown) => readonly Found[],
): TextListener {
  const told = new Set<string>();
  let length = 0;
  return (json) => {
    // A repair starts again from nothing.
    if (json.length < length) length = 0;
    const isEnough = json.length >= Math.max(length + LEAST_GROWTH, length * GROWTH);
    if (!isEnough || json.length > MAX_LENGTH || told.size >= MAX_FOUND) return;
    length = json.length;
    const fresh = read(parseIncomplete(json)).flatMap(({ kind, name }) => {
      const shown = plainName(name, MAX_NAME_LENGTH);
      const key = `${kind} ${shown}`;
      if (shown === '' || told.has(key)) return [];
      told.add(key);
      return [{ kind, name: shown }];
    });
    if (fresh.length > 0) onFound(fresh);
  };
}

function parseIncomplete(json: string): unknown {
  try {
    const value: unknown = parse(json);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    // Not JSON yet; the whole answer is checked when it is there.
    return {};
  }
}
