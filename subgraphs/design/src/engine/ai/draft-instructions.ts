/** What an AI model writes about an agent's purpose and steps, as text that only the agent's own tools can be meant by. */
import { clip } from '../../modules/definition/plain-text.ts';

const MAX_LENGTH = 20_000;
// Bounded, and never over a further bracket: each place is looked at once, whatever a model was talked into writing.
const LINK = /!?\[([^[\]\n]{0,500})\]\((?:[^()\n]|\([^()\n]{0,500}\)){0,2000}\)/g;
const ADDRESS = /\b(?:https?|ftp|file|data|javascript):\S+/gi;
const TAG = /<\/?[a-z!][^<>\n]{0,500}>/gi;
const INVISIBLE = /\p{Cf}|[\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}]/gu;
const CONTROL = /(?!\n)\p{Cc}/gu;

export interface CheckedInstructions {
  readonly text: string;
  readonly wasCut: boolean;
  /** Names in code marks that are no tool of the agent. */
  readonly unknownTools: readonly string[];
}

export function checkInstructions(written: string, toolNames: ReadonlySet<string>): CheckedInstructions {
  const plain = written
    .toWellFormed()
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(INVISIBLE, '')
    .replace(CONTROL, ' ')
    .replace(LINK, '$1')
    .replace(TAG, ' ')
    .replace(ADDRESS, '(address left out)')
    // Its headings stand below ours.
    .replace(/^#{1,2}(?=\s)/gm, '###')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  const named = [...plain.matchAll(/`([A-Za-z]\w*_\w+)(?:\(\))?`/g)].flatMap(([, name]) => name ?? []);
  return {
    text: clip(plain, MAX_LENGTH),
    wasCut: plain.length > MAX_LENGTH,
    unknownTools: [...new Set(named)].filter((name) => !toolNames.has(name)),
  };
}
