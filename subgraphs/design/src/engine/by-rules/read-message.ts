/** Reads the message of a refinement, sentence by sentence, without AI: it understands little, and says what it does not understand. */
import { oneLine, plainName } from '../../modules/definition/plain-text.ts';
import type { Command, StepPlace } from './command.ts';

const MAX_SENTENCES = 50;
const MAX_SENTENCE_LENGTH = 500;
const MAX_NAME_LENGTH = 100;

type Groups = Readonly<Record<string, string | undefined>>;
type Reader = readonly [pattern: RegExp, toCommand: (groups: Groups, sentence: string) => Command];

const NUMBERS: Readonly<Record<string, number>> = { two: 2, three: 3, four: 4, five: 5, six: 6 };
const PERSON = /^(?:a |the )?(?:person|human|people|hand|somebody|someone|me|us)$/i;
const AGENT = /^(?:the |an )?(?:agent|ai|assistant|bot)$/i;

/** The first that matches counts; the narrower ones come first. */
const READERS: readonly Reader[] = [
  [
    /\b(?:model|provider|temperature|api[- ]?key|token limit)\b.*\b(?:to|is|be|=)\b|^(?:use|switch to|set|change) .*\b(?:model|provider|temperature|api[- ]?key)\b/i,
    (_, text) => unknown(text, 'Model, provider and keys are settings, which no refinement changes.'),
  ],
  [
    /^(?:add|insert|include)(?: an?(?:other)?)?(?: (?:new|extra|further))? (?:step|activity) (?<relation>after|before) (?<target>[^:,]+?)\s*[:,]\s*(?<step>.+)$/i,
    (found) => addStep(found['step'], placeOf(found['relation'], found['target'])),
  ],
  [
    /^(?:add|insert|include)(?: an?(?:other)?)?(?: (?:new|extra|further))? (?:step|activity)\s*(?:[:,-]|where|in which|that)?\s*(?<step>.+?)(?: (?<relation>after|before) (?<target>.+))?$/i,
    (found) => addStep(found['step'], placeOf(found['relation'], found['target'])),
  ],
  [
    /^(?:remove|delete|drop|skip|omit|leave out|take out)(?: the)? approval (?:for|of|from|before) (?<target>.+)$/i,
    (found) => approval(found['target'], false),
  ],
  [
    /^(?:remove|delete|drop|skip|omit|leave out|take out)(?: the)?(?: (?:step|activity|tool))? *:? *(?<target>.+)$/i,
    (found) => ({ kind: 'REMOVE', target: bare(found['target']) }),
  ],
  [
    /^(?:rename|name|call) (?:it|the agent|this agent|my agent) (?:to |into |as )?(?<name>.+)$/i,
    (found) => ({ kind: 'NAME', agent: null, name: nameOf(found['name']) }),
  ],
  [
    /^(?:rename|name|call) (?:the )?(?:agent )?(?<agent>.+?) (?:to|into|as) (?<name>.+)$/i,
    (found) => ({ kind: 'NAME', agent: bare(found['agent']), name: nameOf(found['name']) }),
  ],
  [
    /^(?:no|do not require|don't require|do not ask for|don't ask for|without) (?:an? )?approval (?:for|of|before|to) (?<target>.+)$/i,
    (found) => approval(found['target'], false),
  ],
  [/^(?<target>.+?) (?:needs?|requires?) no approval$/i, (found) => approval(found['target'], false)],
  [
    /^(?:always )?(?:require|ask for|add|need|get|wait for)(?: an?| my| the)?(?: [a-z]+'s)? approval (?:for|of|before|to) (?<target>.+)$/i,
    (found) => approval(found['target'], true),
  ],
  [
    /^(?:always )?ask (?:me|us|a person|a human|somebody|someone|first) before (?<target>.+)$/i,
    (found) => approval(found['target'], true),
  ],
  [
    /^(?<target>.+?) (?:needs?|requires?|must have|should have) (?:an |a |human |my )*approval$/i,
    (found) => approval(found['target'], true),
  ],
  [
    /^(?<actor>.+?) (?:must |should |has to |shall )?(?:decides?|takes? the decision|makes? the decision)(?: (?:about|on|over|upon|whether to))? (?<target>.+)$/i,
    (found) => ({ kind: 'DECIDED_BY', actor: bare(found['actor']), target: bare(found['target']) }),
  ],
  [
    /^(?:do not|don't|never) automate (?<target>.+)$/i,
    (found) => ({ kind: 'PERFORMER', target: bare(found['target']), performer: 'HUMAN' }),
  ],
  [
    /^automate (?<target>.+)$/i,
    (found) => ({ kind: 'PERFORMER', target: bare(found['target']), performer: 'AGENT' }),
  ],
  [
    /^(?<target>.+?) (?:is|are|must be|should be|shall be|has to be) (?:done|carried out|performed|handled) by (?<actor>.+)$/i,
    (found) => doneBy(found['actor'], found['target']),
  ],
  [
    /^let (?<actor>.+?) (?:do|handle|carry out|perform) (?<target>.+)$/i,
    (found) => doneBy(found['actor'], found['target']),
  ],
  [
    /^use (?<by>.+?) instead of (?<system>.+)$/i,
    (found) => ({ kind: 'REPLACE_SYSTEM', system: bare(found['system']), by: bare(found['by']) }),
  ],
  [
    /^(?:do not|don't|never|stop) (?:use|using|work with|touch) (?<system>.+)$/i,
    (found, sentence) => ({ kind: 'WITHOUT_SYSTEM', system: bare(found['system']), sentence }),
  ],
  [
    /^use (?<system>.+?) (?:for|to) (?<target>.+)$/i,
    (found) => ({ kind: 'USE_SYSTEM', system: bare(found['system']), target: bare(found['target']) }),
  ],
  [
    /\b(?:one|a single|only one|just one) agent\b(?! (?:for each|per|for every))/i,
    () => ({ kind: 'SPLIT', split: 'ONE', count: null }),
  ],
  [
    /\b(?<count>two|three|four|five|six|[2-6]) agents\b/i,
    ({ count = '' }) => ({
      kind: 'SPLIT',
      split: 'BY_ROLE',
      count: NUMBERS[count.toLowerCase()] ?? Number(count),
    }),
  ],
  [
    /\bagents? (?:for each|per|for every|by) role\b|^split .*\bagents?\b|\bseveral agents\b/i,
    () => ({ kind: 'SPLIT', split: 'BY_ROLE', count: null }),
  ],
  [
    /^(?:add to the instructions|instructions?|tell the agent)\s*(?::|to)\s*(?<text>.+)$/i,
    (found) => ({ kind: 'INSTRUCTION', text: oneLine(found['text'] ?? '') }),
  ],
  [
    /^(?:the agent (?:should|must) )?(?:answer|reply|respond|write|speak|talk)s? (?:in|only in|with|formally|politely|briefly|as)\b.*$|^(?:the agent (?:should|must) )?(?:be|sound|stay) (?:more |less |very |always )?(?:formal|polite|brief|friendly|short|concise|kind|strict|neutral|informal)\b.*$|^(?:use|keep) (?:an? |the |your )?(?:[a-z]+ )?(?:tone|language|style|answers?|replies)\b.*$/i,
    (_, text) => ({ kind: 'INSTRUCTION', text }),
  ],
  [
    /^(?:never|do not|don't|must not|under no circumstances)\b/i,
    (_, text) => ({ kind: 'RULE', rule: 'PROHIBITION', text }),
  ],
  [
    /^(?:within|at the latest|no later than)\b|\b(?:must|has to|have to|needs to|need to|shall)\b.*\bwithin\b/i,
    (_, text) => ({ kind: 'RULE', rule: 'DEADLINE', text }),
  ],
  [/^always\b|\bmust always\b/i, (_, text) => ({ kind: 'RULE', rule: 'OBLIGATION', text })],
];

/** Commands in the order of the message. */
export function readMessage(message: string): readonly Command[] {
  return toSentences(message).map((sentence) => {
    for (const [pattern, toCommand] of READERS) {
      const found = pattern.exec(sentence);
      if (found !== null) return toCommand(found.groups ?? {}, sentence);
    }
    return unknown(sentence, null);
  });
}

function toSentences(message: string): readonly string[] {
  return message
    .slice(0, MAX_SENTENCES * MAX_SENTENCE_LENGTH)
    .split(/[\r\n]+|(?<=[.!?;])\s+|;\s*/)
    .map((sentence) =>
      oneLine(sentence, MAX_SENTENCE_LENGTH)
        .replace(/^[-*•\d.)\s]+(?=\p{Letter})/u, '')
        .replace(
          /^(?:please|also|and|then|now|can you|could you|i want you to|i would like you to|we want to)[, ]+/i,
          '',
        )
        .replace(/[.!?;,\s]+$/, ''),
    )
    .filter((sentence) => sentence !== '')
    .slice(0, MAX_SENTENCES);
}

function unknown(text: string, hint: string | null): Command {
  return { kind: 'UNKNOWN', text, hint };
}

function addStep(step: string | undefined, place: StepPlace): Command {
  return { kind: 'ADD_STEP', step: unquoted(step), place };
}

function placeOf(relation: string | undefined, target: string | undefined): StepPlace {
  if (relation === undefined || target === undefined) return { relation: 'END', target: '' };
  return { relation: relation.toLowerCase() === 'before' ? 'BEFORE' : 'AFTER', target: bare(target) };
}

function approval(target: string | undefined, isRequired: boolean): Command {
  return { kind: 'APPROVAL', target: bare(target), isRequired };
}

function doneBy(actor: string | undefined, target: string | undefined): Command {
  const who = bare(actor);
  if (PERSON.test(who)) return { kind: 'PERFORMER', target: bare(target), performer: 'HUMAN' };
  if (AGENT.test(who)) return { kind: 'PERFORMER', target: bare(target), performer: 'AGENT' };
  return { kind: 'DONE_BY', actor: who, target: bare(target) };
}

function unquoted(text: string | undefined): string {
  return (text ?? '')
    .trim()
    .replace(/^["'«»“”‘’`]+|["'«»“”‘’`]+$/g, '')
    .trim();
}

/** Without quotation marks and a leading article. */
function bare(text: string | undefined): string {
  return unquoted(text).replace(/^(?:the|an?)\s+(?=\S)/i, '');
}

function nameOf(text: string | undefined): string {
  return plainName(unquoted(text), MAX_NAME_LENGTH);
}
