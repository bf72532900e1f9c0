/** Deadlines and thresholds as values, as far as the words of a rule give them. */
import type { ProcessDeadline, ProcessThreshold } from '../process-model.ts';
import { PERIOD_PATTERN, readPeriod, readTimeOfDay, readWeekday } from './time-words.ts';

const RELATIONS: readonly (readonly [ProcessDeadline['relation'], RegExp])[] = [
  ['BEFORE', new RegExp(String.raw`\b${PERIOD_PATTERN} (?:before|prior to|ahead of)\b`, 'iu')],
  [
    'WITHIN',
    new RegExp(
      String.raw`\b(?:within|in (?:less|no more|under) than|no(?:t)? later than|at most|deadline of|for) (?:the (?:next|following) |more than |at least )?${PERIOD_PATTERN}`,
      'iu',
    ),
  ],
  ['AFTER', new RegExp(String.raw`\bafter (?:more than |at least )?${PERIOD_PATTERN}`, 'iu')],
  ['WITHIN', new RegExp(String.raw`\b${PERIOD_PATTERN} (?:after|from|of)\b`, 'iu')],
  [
    'BY',
    /\b(?:by|before|until|no later than|not later than) (?:the )?(?:next |following )?(?:end of |noon|midnight|\d{1,2}(?::\d{2})? ?(?:am|pm|a\.m|p\.m|o['\u2019]clock)|\d{1,2}:\d{2}|(?:mon|tues|wednes|thurs|fri|satur|sun)day)[^,;.]{0,20}/iu,
  ],
];

export const readDeadline = (words: string): ProcessDeadline | null => {
  for (const [relation, pattern] of RELATIONS) {
    const found = pattern.exec(words)?.[0];
    if (found === undefined) continue;
    const period = relation === 'BY' ? null : readPeriod(found);
    const deadline: ProcessDeadline = {
      relation,
      duration: period?.duration ?? null,
      isBusinessTime: period?.isBusinessTime ?? false,
      dayOfWeek: relation === 'BY' ? readWeekday(found) : null,
      timeOfDay: relation === 'BY' ? readTimeOfDay(found) : null,
    };
    const isRead = deadline.duration !== null || deadline.dayOfWeek !== null || deadline.timeOfDay !== null;
    return isRead ? deadline : null;
  }
  return null;
};

const COMPARISONS: readonly (readonly [ProcessThreshold['comparison'], string])[] = [
  [
    'AT_LEAST',
    String.raw`at least|a minimum of|(?:greater|higher|larger|more) than or equal to|reach(?:es)?`,
  ],
  [
    'AT_MOST',
    String.raw`at most|up to|a maximum of|(?:less|lower|smaller) than or equal to|(?:does|do) not exceed|not exceeding|no more than`,
  ],
  ['ABOVE', String.raw`exceed(?:s|ed|ing)?|above|over|beyond|(?:more|greater|higher|larger) than`],
  ['BELOW', String.raw`below|under|(?:less|fewer|lower|smaller) than`],
];

const AMOUNT = String.raw` ?([$€£¥]|(?:usd|eur|gbp|chf|jpy) ?)?(\d[\d.,]{0,20})( ?(?:k\b|m\b|thousand\b|million\b))?( ?(?:%|percent|usd|eur|gbp|chf|euros?|dollars?|pounds?|francs?|yen)|(?:-| )[a-z]{3,20})?(?: or (more|higher|above|less|lower|below|fewer))?`;
const PATTERNS = COMPARISONS.map(([comparison, words]) => ({
  comparison,
  pattern: new RegExp(String.raw`\b(?:${words})${AMOUNT}`, 'iu'),
}));
const OPEN_AMOUNT = new RegExp(AMOUNT, 'iu');

const CURRENCIES: readonly (readonly [RegExp, string])[] = [
  [/[$]|usd|dollar/iu, 'USD'],
  [/€|eur/iu, 'EUR'],
  [/£|gbp|pound/iu, 'GBP'],
  [/¥|jpy|\byen/iu, 'JPY'],
  [/chf|franc/iu, 'CHF'],
];

const SCALES: readonly (readonly [RegExp, number])[] = [
  [/k|thousand/iu, 1_000],
  [/m/iu, 1_000_000],
];

/** `5,000`, `5.000` and `1,5` mean what they mean in business letters: three digits behind a mark are thousands. */
const toAmount = (digits: string): number => {
  const plain = digits.replace(/[.,]$/u, '').replaceAll(/[.,](?=\d{3}(?:\D|$))/gu, '');
  return Number(plain.replace(',', '.'));
};

const unitOf = (behind: string): string | null => {
  const word = behind.replace(/^[ -]/u, '').toLowerCase();
  if (word === '%' || word === 'percent') return 'percent';
  return word === '' ||
    /^(?:and|the|but|then|for|per|will|must|are|has|was|with|from|that|which)$/u.test(word)
    ? null
    : word;
};

export const readThreshold = (words: string): ProcessThreshold | null => {
  for (const { comparison, pattern } of PATTERNS) {
    const found = pattern.exec(words);
    if (found === null) continue;
    const [, sign = '', digits = '', scale = '', behind = ''] = found;
    return toThreshold(comparison, { sign, digits, scale, behind });
  }
  const [, sign = '', digits = '', scale = '', behind = '', side] = OPEN_AMOUNT.exec(words) ?? [];
  if (side === undefined) return null;
  const isUp = ['more', 'higher', 'above'].includes(side.toLowerCase());
  return toThreshold(isUp ? 'AT_LEAST' : 'AT_MOST', { sign, digits, scale, behind });
};

const toThreshold = (
  comparison: ProcessThreshold['comparison'],
  { sign, digits, scale, behind }: Readonly<Record<'sign' | 'digits' | 'scale' | 'behind', string>>,
): ProcessThreshold | null => {
  const amount = toAmount(digits) * (SCALES.find(([pattern]) => pattern.test(scale))?.[1] ?? 1);
  if (!Number.isFinite(amount)) return null;
  const currency = CURRENCIES.find(([pattern]) => pattern.test(`${sign}${behind}`))?.[1] ?? null;
  return { amount, currency, unit: currency === null ? unitOf(behind) : null, comparison };
};
