/** The name of a task as verb and object: `Check the claim` checks a claim. */
import { workVerbBase } from '../../../process-model/analysis/verb-words.ts';

const ARTICLE = /^(?:the|a|an) /i;
const MAX_VERB_LENGTH = 60;

export interface TaskWords {
  readonly verb: string;
  readonly object: string | null;
}

/** `Credit check` and `Claim approval` name work by nouns, though their first word can be a verb. */
const NOUNS_OF_WORK =
  /^(?:claim|contract|credit|invoice|loan|offer|quote|stock|ticket) \S+(?:al|ance|check|control|ing|ment|review|sion|sis|tion)$/i;

export function toTaskWords(name: string): TaskWords {
  if (NOUNS_OF_WORK.test(name)) return { verb: 'perform', object: name };
  const [first = '', ...rest] = name.split(' ');
  const verb = first.length > MAX_VERB_LENGTH ? null : workVerbBase(first.toLowerCase());
  if (verb === null || first === first.toUpperCase()) return { verb: 'perform', object: name };
  return { verb, object: rest.join(' ').replace(ARTICLE, '').trim() || null };
}
