/** Finds what a person means by a few words. */
import { activityTitle } from '../../modules/definition/activities.ts';
import { containsPhrase, listInWords, toContentWords, toStem } from '../../modules/definition/plain-text.ts';
import type {
  ProcessActivity,
  ProcessModel,
  ProcessSystem,
} from '../../modules/process-model/process-model.ts';

export type Lookup =
  | { readonly activities: readonly ProcessActivity[] }
  /** Why there is none, to be said to the person. */
  | { readonly problem: string };

const FILLERS = new Set('step activity every all any each that there where when new one'.split(' '));

/** The activities whose words fit best; several only when they are called alike. */
export function findActivities(model: ProcessModel, words: string): Lookup {
  const wanted = stemsOf(words);
  const scored = model.activities.map((activity) => ({ activity, score: scoreOf(activity, wanted) }));
  const best = Math.max(0, ...scored.map(({ score }) => score));
  if (best < 0.5) return { problem: `There is no step «${words}».` };
  const found = scored.filter(({ score }) => score === best).map(({ activity }) => activity);
  const titles = [...new Set(found.map((activity) => activityTitle(activity).toLowerCase()))];
  if (titles.length === 1) return { activities: found };
  const named = listInWords([...new Set(found.map(activityTitle))].slice(0, 4).map((title) => `«${title}»`));
  return { problem: `«${words}» may be ${named}: name one of them.` };
}

/** Every activity that has all of the words. */
export function findAllActivities(model: ProcessModel, words: string): readonly ProcessActivity[] {
  const wanted = [...stemsOf(words)];
  return model.activities.filter((activity) => {
    const own = stemsOf(activityTitle(activity));
    return wanted.length > 0 && wanted.every((stem) => own.has(stem));
  });
}

function stemsOf(text: string): ReadonlySet<string> {
  return new Set(
    toContentWords(text)
      .filter((word) => !FILLERS.has(word) || text.split(' ').length < 3)
      .map(toStem),
  );
}

/** Shared words, as a part of those that were said; what the title has beside them tells equals apart. */
function scoreOf(activity: ProcessActivity, wanted: ReadonlySet<string>): number {
  const own = stemsOf(activityTitle(activity));
  const shared = [...wanted].filter((stem) => own.has(stem)).length;
  if (shared === 0 || wanted.size === 0) return 0;
  return shared / wanted.size - (own.size - shared) / 100;
}

export function findSystem(model: ProcessModel, words: string): ProcessSystem | null {
  return model.systems.find(({ name }) => containsPhrase(words, name) || containsPhrase(name, words)) ?? null;
}
