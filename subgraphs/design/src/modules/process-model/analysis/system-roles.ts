/** What a system is to the process, by how the text speaks of it. */
import type { ProcessSystem } from '../process-model.ts';
import { POSSESSIVES } from './noun-words.ts';
import type { Place, Source } from './source.ts';
import type { Step } from './steps.ts';
import type { SystemMention } from './systems.ts';

type Role = ProcessSystem['role'];

const PREPOSITIONS: Readonly<Record<string, Role>> = {
  in: 'RECORD',
  into: 'RECORD',
  to: 'RECORD',
  on: 'RECORD',
  onto: 'RECORD',
  from: 'SOURCE',
  via: 'CHANNEL',
  through: 'CHANNEL',
  by: 'CHANNEL',
  over: 'CHANNEL',
};
/** Of several, the first one says most. */
const RANK: readonly Role[] = ['PERFORMER', 'RECORD', 'CHANNEL', 'SOURCE', 'TOOL'];
const MOST_WORDS_BETWEEN = 3;

/** The preposition before a phrase, behind articles and adjectives: `in the new`. */
const prepositionOf = (source: Source, place: Place): Role => {
  const tokens = source.sentences[place.sentence]?.sentence.tokens ?? [];
  for (let at = place.first - 1; at >= Math.max(0, place.first - 1 - MOST_WORDS_BETWEEN); at -= 1) {
    const token = tokens[at];
    if (token === undefined) break;
    if (Object.hasOwn(PREPOSITIONS, token.lower)) return PREPOSITIONS[token.lower] ?? 'TOOL';
    if (!['DET', 'ADJ'].includes(token.pos) && !POSSESSIVES.has(token.lower)) break;
  }
  return 'TOOL';
};

const keyOf = (place: Place): string => `${place.sentence} ${place.end}`;

export const withRoles = (
  systems: readonly ProcessSystem[],
  mentions: readonly SystemMention[],
  { source, steps }: { readonly source: Source; readonly steps: readonly Step[] },
): readonly ProcessSystem[] => {
  const performers = new Set(
    steps.flatMap(({ performer }) => (performer === null ? [] : [keyOf(performer)])),
  );
  const roles = Map.groupBy(mentions, ({ systemId }) => systemId);
  return systems.map((system) => {
    const found = (roles.get(system.id) ?? []).map(({ place }) =>
      performers.has(keyOf(place)) ? 'PERFORMER' : prepositionOf(source, place),
    );
    return { ...system, role: RANK.find((role) => found.includes(role)) ?? 'TOOL' };
  });
};
