/** When the clock starts a process, as values. */
import type { ProcessTimer } from '../process-model.ts';
import { readPeriod, readTimeOfDay, readWeekday } from './time-words.ts';

const ADVERBS: readonly (readonly [RegExp, string])[] = [
  [/\bdaily\b|\bnightly\b|\bonce (?:a|per) day\b/iu, 'P1D'],
  [/\bweekly\b|\bonce (?:a|per) week\b/iu, 'P1W'],
  [/\bmonthly\b|\bonce (?:a|per) month\b/iu, 'P1M'],
  [/\bquarterly\b|\bonce (?:a|per) quarter\b/iu, 'P3M'],
  [/\bannually\b|\byearly\b|\bonce (?:a|per) year\b/iu, 'P1Y'],
  [/\bhourly\b/iu, 'PT1H'],
];
const EACH = /\b(?:every|each) (?:single |working |business )?(\w+)/iu;
const OF_MONTH =
  /\b(?:(first|last)|(\d{1,2})(?:st|nd|rd|th)?) (?:(?:working |business )?day )?of (?:each|every|the) month\b/iu;
const OF_PERIOD = /\bof (?:each|every|the) (week|month|quarter|year)\b/iu;

const intervalOf = (words: string): string | null => {
  const adverb = ADVERBS.find(([pattern]) => pattern.test(words));
  if (adverb !== undefined) return adverb[1];
  const [, period] = OF_PERIOD.exec(words) ?? [];
  if (period !== undefined) return readPeriod(`one ${period}`)?.duration ?? null;
  const [each, unit = ''] = EACH.exec(words) ?? [];
  if (each === undefined) return readWeekday(words) === null ? null : 'P1W';
  const counted = readPeriod(each) ?? readPeriod(words.slice(words.indexOf(each)).replace(/^\w+ /u, ''));
  if (/^(?:\d|other|second)/iu.test(unit) && counted !== null) return counted.duration;
  if (readWeekday(each) !== null) return 'P1W';
  if (/^(?:weekday|morning|afternoon|evening|night|day)s?$/iu.test(unit)) return 'P1D';
  return readPeriod(`one ${unit}`)?.duration ?? counted?.duration ?? null;
};

const dayOfMonth = (words: string): number | null => {
  const [, named, digits] = OF_MONTH.exec(words) ?? [];
  if (named !== undefined) return named.toLowerCase() === 'first' ? 1 : -1;
  const day = Number(digits ?? 0);
  return day >= 1 && day <= 31 ? day : null;
};

/** Null when neither a repetition nor a time can be read. */
export const readTimer = (words: string): ProcessTimer | null => {
  const timer: ProcessTimer = {
    interval: intervalOf(words),
    dayOfWeek: readWeekday(words),
    dayOfMonth: dayOfMonth(words),
    timeOfDay: readTimeOfDay(words),
  };
  const isRead = Object.values(timer).some((value) => value !== null);
  return isRead ? timer : null;
};
