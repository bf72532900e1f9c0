/** What binds the process: deadlines, duties, bans and thresholds; and what goes wrong in it. */
import type { ProcessException, ProcessFlow, ProcessRule, Span } from '../process-model.ts';
import { activityInside } from './activity-places.ts';
import type { PlacedActivities } from './activity-places.ts';
import { clausesOf } from './clauses.ts';
import type { Clause } from './clauses.ts';
import { readDeadline, readThreshold } from './limits.ts';
import { wordsAt } from './source.ts';
import type { Source } from './source.ts';

const NUMBER = String.raw`(?:\d[\d.,]{0,20}|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|sixty|ninety|an?)`;
const PERIOD = String.raw`(?:(?:business|working|calendar|full) )?(?:seconds?|minutes?|mins?|hours?|days?|weeks?|months?|quarters?|years?)`;
const DAY =
  '(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|noon|midnight|tomorrow|the end of|the next|\\d{1,2}(?::\\d{2})? ?(?:am|pm|a\\.m\\.|p\\.m\\.)|\\d{1,2}:\\d{2})';

const DEADLINE = new RegExp(
  String.raw`\b(?:(?:within|after) (?:the next )?${NUMBER} ${PERIOD}|no later than [^,;.]{1,40}|at the latest|by ${DAY}|before ${DAY}|in (?:less|no more|under) than ${NUMBER} ${PERIOD}|deadline of [^,;.]{1,40}|(?:at least |at most )?${NUMBER} ${PERIOD} (?:before|after|prior to|from)|immediately|without delay)\b`,
  'iu',
);
const TIME_LIMIT = new RegExp(
  String.raw`\b(?:(?:within|after|for) (?:(?:the next|more than|at least) )?${NUMBER} ${PERIOD}|by ${DAY}|before ${DAY})\b`,
  'iu',
);
// `documents that cannot be read` describes the documents.
const PROHIBITION =
  /(?<!\b(?:that|which|who|whether|why|because) )\b(?:must not|mustn't|may not|shall not|should not|cannot|can not|can't|is not allowed|are not allowed|not permitted|is forbidden|are forbidden|is prohibited|are prohibited|never|under no circumstances)\b/iu;
const OBLIGATION =
  /\b(?:must|shall|has to|have to|needs? to|is required to|are required to|is obliged to|are obliged to|only (?:if|after|when|once)|mandatory|requires? (?:the )?(?:approval|signature|consent))\b/iu;
const QUANTITY = String.raw`(?:[$€£¥]|(?:usd|eur|gbp|chf) ?)?\d[\d.,]{0,20}(?: ?(?:%|k|m|percent|million|thousand|usd|eur|euros?|dollars?|pounds?|items?|points?|units?))?`;
const THRESHOLD = new RegExp(
  String.raw`\b(?:exceed(?:s|ed|ing)?|(?:is |are )?(?:above|over|below|under|beyond)|(?:more|less|greater|fewer|higher|lower|larger|smaller) than|at least|at most|up to|a (?:minimum|maximum) of|reach(?:es)?|(?:does not|do not) exceed)(?: or equal to)? ${QUANTITY}`,
  'iu',
);
// A time clause in front says when the rest holds, as a condition does.
const TIME_CLAUSE =
  /^(?:when(?:ever)?|once|as soon as|as|since|because|while|until|after|before|although)\b[^,;]*,/iu;
const IS_PERIOD_AFTER = new RegExp(`^ ?${PERIOD}`, 'iu');

// A problem that is solved, fixed or reproduced goes as planned.
const TROUBLE =
  /\b(?:fail(?:s|ed|ure|ures)?|errors?|time(?:s|d)? ?-?out|missing|incomplete|invalid|incorrect|wrong|unavailable|cannot|can't|could not|is not (?:available|possible|complete|valid|found|reachable)|are not (?:available|complete|valid)|no (?:answer|response|reply)|does not (?:respond|answer|reply|arrive)|late|overdue|damaged|defective|lost|exception(?:s|al|ally)?|problems?(?! (?:is|are|was|were|has been|have been) (?!detected|discovered|encountered|identified|noticed|reported)\w+ed\b)|issue(?:s)? (?:is|are) (?:found|detected)|fraud\w*|suspicious|violat\w+|breach\w*|rejected|escalat\w+)\b/iu;
const EXCEPTION_OPENER =
  /^(?:exceptionally|as an exception|in exceptional cases|if anything goes wrong|except)\b/iu;

const isThreshold = (words: string): boolean => {
  const found = THRESHOLD.exec(words);
  return found !== null && !IS_PERIOD_AFTER.test(words.slice(found.index + found[0].length));
};

/** Must something be done within a given time? */
export const isTimedDuty = (words: string): boolean => DEADLINE.test(words) && OBLIGATION.test(words);

interface Parts {
  readonly conditions: readonly string[];
  /** What the clause says outside its conditions. */
  readonly statement: string;
}

const partsOf = (source: Source, { span, conditions }: Clause): Parts => {
  const starts = [span.start, ...conditions.map((condition) => condition.end)];
  const ends = [...conditions.map((condition) => condition.start), span.end];
  const said = starts.map((start, index) => wordsAt(source, { start, end: ends[index] ?? span.end }));
  const whole = said.join('; ');
  const opening = TIME_CLAUSE.exec(whole)?.[0] ?? '';
  return {
    conditions: [...conditions.map((condition) => wordsAt(source, condition)), opening],
    statement: whole.slice(opening.length),
  };
};

/** What cannot be done on some condition forbids nothing, but a period in a condition limits the time as one outside does. */
const kindsOf = ({ conditions, statement }: Parts): readonly ProcessRule['kind'][] => {
  const kinds: ProcessRule['kind'][] = [];
  if (DEADLINE.test(statement) || conditions.some((words) => TIME_LIMIT.test(words))) kinds.push('DEADLINE');
  if (PROHIBITION.test(statement)) kinds.push('PROHIBITION');
  else if (OBLIGATION.test(statement)) kinds.push('OBLIGATION');
  if ([statement, ...conditions].some(isThreshold)) kinds.push('THRESHOLD');
  return kinds;
};

const proseClauses = (source: Source): readonly Clause[] =>
  source.sentences.flatMap((tagged) =>
    tagged.sentence.kind === 'HEADING' ? [] : clausesOf(source.text, tagged),
  );

const PATTERNS: Readonly<Record<ProcessRule['kind'], RegExp>> = {
  DEADLINE,
  OBLIGATION,
  PROHIBITION,
  THRESHOLD,
};

/** Where in the text the words stand that make a clause a rule of this kind. */
const placeOf = (source: Source, span: Span, kind: ProcessRule['kind']): number => {
  const found = PATTERNS[kind].exec(source.text.slice(span.start, span.end));
  return span.start + (found?.index ?? 0);
};

export const findRules = (source: Source, activities: PlacedActivities): readonly ProcessRule[] =>
  proseClauses(source)
    .flatMap(({ span, conditions }) => {
      const description = wordsAt(source, span);
      return kindsOf(partsOf(source, { span, conditions })).map((kind) => ({
        span,
        kind,
        description,
        activityId: activityInside(activities, span, placeOf(source, span, kind)),
        deadline: kind === 'DEADLINE' ? readDeadline(description) : null,
        threshold: kind === 'THRESHOLD' ? readThreshold(description) : null,
      }));
    })
    .map((rule, index) => ({ id: `rule-${index + 1}`, ...rule }));

/** Conditions that speak of trouble, and sentences that say that they are exceptions. */
export const findExceptions = (
  source: Source,
  struck: (span: Span) => string | null,
): readonly ProcessException[] => {
  const spans = source.sentences.flatMap(({ sentence, mentions }) => {
    if (sentence.kind === 'HEADING') return [];
    const conditions = mentions.flatMap((mention): readonly Span[] => {
      const first = sentence.tokens[mention.first];
      const last = sentence.tokens[mention.end - 1];
      return mention.type === 'CONDITION' && first !== undefined && last !== undefined
        ? [{ start: first.start, end: last.end }]
        : [];
    });
    const whole = { start: sentence.start, end: sentence.end };
    return EXCEPTION_OPENER.test(wordsAt(source, whole))
      ? [whole]
      : conditions.filter((span) => TROUBLE.test(wordsAt(source, span)));
  });
  return spans.map((span, index) => ({
    id: `exception-${index + 1}`,
    span,
    description: wordsAt(source, span),
    activityId: struck(span),
  }));
};

/** The activity right before the decision that asks whether it went wrong, if there is just one. */
export const strikes = (
  flows: readonly ProcessFlow[],
  activities: PlacedActivities,
): ((span: Span) => string | null) => {
  const known = new Set(activities.map(({ id }) => id));
  const gateways = new Map(
    flows.flatMap((flow) => (flow.condition === null ? [] : [[flow.span.start, flow.sourceId] as const])),
  );
  const sources = Map.groupBy(flows, (flow) => flow.targetId);
  return (span) => {
    const before = sources.get(gateways.get(span.start) ?? '') ?? [];
    const [only, other] = before.filter(({ sourceId, isBack }) => known.has(sourceId) && !isBack);
    return only === undefined || other !== undefined ? null : only.sourceId;
  };
};
