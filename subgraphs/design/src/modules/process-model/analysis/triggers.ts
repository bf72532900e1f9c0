/** What starts the process: a message, the clock or a person. */
import type { ProcessTrigger, Span } from '../process-model.ts';
import { activityFrom } from './activity-places.ts';
import type { PlacedActivities } from './activity-places.ts';
import { trimmed } from './clauses.ts';
import type { Step } from './steps.ts';
import { wordsAt } from './source.ts';
import type { Source } from './source.ts';
import { readTimer } from './timers.ts';
import { RECEIVE_VERBS } from './verb-words.ts';

const DAYS = '(?:mon|tues|wednes|thurs|fri|satur|sun)day';
const CLOCK = String.raw`(?:\d{1,2}(?::\d{2})? ?(?:am|pm|a\.m\.|p\.m\.|o['\u2019]clock)|\d{1,2}:\d{2}|midnight|noon)`;
const TIMER = new RegExp(
  String.raw`\b(?:(?:every|each) (?:(?:other|second|first|last|single|working|business|week) ?)?(?:${DAYS}s?|weekday|day|week|month|quarter|year|morning|evening|night|hour|minute|\d{1,3} (?:minutes|hours|days|weeks|months))(?: (?:morning|afternoon|evening|night))?(?:,? at ${CLOCK})?|on (?:the )?(?:first|last|\d{1,2}(?:st|nd|rd|th)?) (?:(?:working |business )?day )?of (?:each|every|the) (?:month|week|quarter|year)|(?:on )?${DAYS}s at (?:${CLOCK}|\d{1,2})|once (?:a|per) (?:day|week|month|quarter|year)|(?:daily|nightly|weekly|monthly|quarterly|annually|periodically)(?: at ${CLOCK})?|at ${CLOCK}(?: (?:every|each) (?:day|weekday|morning|week|month))?)(?!\w)`,
  'iu',
);
const START =
  /\b(?:process|procedure|workflow|everything|it all|case)\b[^.;,]{0,40}?\b(?:starts?|begins?|is (?:started|triggered|initiated|launched|kicked off)|commences)(?:,)?(?: (?:when|whenever|once|as soon as|with|by|after|if|on|upon|every))?/iu;
const WHEN = /^(?:when(?:ever)?|as soon as|once|upon|after|every time|each time)\b/iu;
const WHEN_LAST = /\b(?:as soon as|once|when(?:ever)?|(?:every|each) time)\b/iu;
const MESSAGE_VERBS =
  /\b(?:receiv\w+|receipt|arriv\w+|com(?:es|ing) in|submit\w*|sen[dt]s?|sending|fil(?:es?|ed)|report\w*|order\w*|call\w*|email\w*|request(?:s|ed)?|notif\w+|creat\w+|open(?:s|ed)|register\w*|apply|applies|appl(?:ied)|raised?|raises|log(?:s|ged)|opened|placed?|places|hands? in|message|event|webhook)\b/iu;
const MANUAL_WORDS =
  /\b(?:manual(?:ly)?|on demand|by hand|click\w*|press\w*|decid\w+|want\w*|needs?|wish\w*|initiat\w+|start(?:s|ed)? by)\b/iu;

type Found = Pick<ProcessTrigger, 'span' | 'kind'>;

const kindOf = (words: string): ProcessTrigger['kind'] => {
  if (TIMER.test(words)) return 'TIMER';
  if (/\bmanually\b|\bon demand\b|\bby hand\b/iu.test(words)) return 'MANUAL';
  if (MESSAGE_VERBS.test(words)) return 'MESSAGE';
  return MANUAL_WORDS.test(words) || /^by (?:the|an?) /iu.test(words) ? 'MANUAL' : 'MESSAGE';
};

/** From the start word to the comma that ends its clause. */
const clauseFrom = (source: Source, start: number, end: number): Span => {
  const words = source.text.slice(start, end);
  const comma = words.search(/[,;]/u);
  return trimmed(source.text, { start, end: comma > 0 ? start + comma : end });
};

const openerSpan = (source: Source, sentence: Span, isFirstWork: boolean): Span | null => {
  const text = source.text.slice(sentence.start, sentence.end);
  const declared = START.exec(text);
  if (declared !== null) {
    const from =
      /\b(?:when(?:ever)?|once|as soon as|with|manually|by|after|if|on|upon|every|each|daily|weekly|monthly|periodically)\b/iu.exec(
        text.slice(declared.index + declared[0].search(/\b(?:starts?|begins?|is|commences)\b/iu)),
      );
    const verbAt = declared.index + declared[0].search(/\b(?:starts?|begins?|is|commences)\b/iu);
    return trimmed(source.text, {
      start: sentence.start + (from === null ? declared.index : verbAt + from.index),
      end: sentence.end,
    });
  }
  if (!isFirstWork) return null;
  if (WHEN.test(text)) return clauseFrom(source, sentence.start, sentence.end);
  const from = Math.max(text.lastIndexOf(','), text.lastIndexOf(';')) + 1;
  const last = text.slice(from).search(WHEN_LAST);
  return last < 0 ? null : trimmed(source.text, { start: sentence.start + from + last, end: sentence.end });
};

export const findTriggers = (
  source: Source,
  steps: readonly Step[],
  activities: PlacedActivities,
): readonly ProcessTrigger[] => {
  const firstWork = steps[0]?.sentence ?? -1;
  const found: Found[] = [];
  source.sentences.forEach(({ sentence }, index) => {
    if (sentence.kind === 'HEADING') return;
    const whole = { start: sentence.start, end: sentence.end };
    const opener = openerSpan(source, whole, index === firstWork);
    if (opener !== null && steps.length > 0) {
      found.push({ span: opener, kind: kindOf(wordsAt(source, opener)) });
      return;
    }
    const timer = TIMER.exec(source.text.slice(whole.start, whole.end));
    if (
      timer === null ||
      !steps.some((step) => step.sentence === index) ||
      isDeadline(source.text.slice(whole.start, whole.start + timer.index))
    )
      return;
    const span = { start: whole.start + timer.index, end: whole.start + timer.index + timer[0].length };
    found.push({ span, kind: 'TIMER' });
  });
  const arrival = found.length === 0 ? arrivalSpan(source, steps[0]) : null;
  if (arrival !== null) found.push({ span: arrival, kind: 'MESSAGE' });
  return found.map(({ span, kind }, index) => {
    const description = wordsAt(source, span);
    const timer = kind === 'TIMER' ? readTimer(description) : null;
    return {
      id: `trigger-${index + 1}`,
      span,
      kind,
      description,
      timer,
      activityId: activityFrom(activities, span),
    };
  });
};

/** A process whose first step is to receive something is started by what comes in. */
const arrivalSpan = (source: Source, first: Step | undefined): Span | null => {
  const sentence =
    first === undefined || !RECEIVE_VERBS.has(first.verb)
      ? undefined
      : source.sentences[first.sentence]?.sentence;
  if (sentence === undefined || first === undefined) return null;
  const next = sentence.tokens.find(
    (token, index) => index > first.activity.end && ['and', ';'].includes(token.lower),
  );
  return clauseFrom(source, sentence.start, next?.start ?? sentence.end);
};

const isDeadline = (before: string): boolean =>
  /\b(?:by|before|until|than|within)\s+(?:the\s+)?$/iu.test(before);
