/** Reads periods, days and times of day from English words. */
import type { Weekday } from '../process-model.ts';

const NUMBER_WORDS: Readonly<Record<string, number>> = {
  a: 1,
  an: 1,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  twelve: 12,
  fifteen: 15,
  twenty: 20,
  thirty: 30,
  sixty: 60,
  ninety: 90,
  other: 2,
  second: 2,
};

const NUMBER = String.raw`(\d{1,6}|${Object.keys(NUMBER_WORDS).join('|')})`;
export const PERIOD_PATTERN = String.raw`${NUMBER}[ -]((?:business|working|calendar|full)[ -])?(second|minute|min|hour|day|week|month|quarter|year)s?\b`;
const PERIOD = new RegExp(String.raw`\b${PERIOD_PATTERN}`, 'iu');

export interface Period {
  /** ISO 8601. */
  readonly duration: string;
  readonly isBusinessTime: boolean;
}

const toNumber = (word: string): number =>
  Object.hasOwn(NUMBER_WORDS, word) ? (NUMBER_WORDS[word] ?? 1) : Number(word);

const toDuration = (amount: number, unit: string): string => {
  switch (unit) {
    case 'second':
      return `PT${amount}S`;
    case 'minute':
    case 'min':
      return `PT${amount}M`;
    case 'hour':
      return `PT${amount}H`;
    case 'week':
      return `P${amount}W`;
    case 'month':
      return `P${amount}M`;
    case 'quarter':
      return `P${amount * 3}M`;
    case 'year':
      return `P${amount}Y`;
    default:
      return `P${amount}D`;
  }
};

/** The first period in the words: `two business days`. */
export const readPeriod = (words: string): Period | null => {
  const [, amount, calendar, unit] = PERIOD.exec(words) ?? [];
  if (amount === undefined || unit === undefined) return null;
  return {
    duration: toDuration(toNumber(amount.toLowerCase()), unit.toLowerCase()),
    isBusinessTime: /business|working/iu.test(calendar ?? ''),
  };
};

const WEEKDAY = /\b(monday|tuesday|wednesday|thursday|friday|saturday|sunday)s?\b/iu;
const WEEKDAYS: Readonly<Record<string, Weekday>> = {
  monday: 'MONDAY',
  tuesday: 'TUESDAY',
  wednesday: 'WEDNESDAY',
  thursday: 'THURSDAY',
  friday: 'FRIDAY',
  saturday: 'SATURDAY',
  sunday: 'SUNDAY',
};

export const readWeekday = (words: string): Weekday | null => {
  const [, day = ''] = WEEKDAY.exec(words) ?? [];
  return WEEKDAYS[day.toLowerCase()] ?? null;
};

const CLOCK =
  /\b(\d{1,2})(?:[:.](\d{2}))? ?(am|pm|a\.m\.?|p\.m\.?|o['\u2019]clock)(?!\w)|\b(\d{1,2}):(\d{2})\b/iu;

const toTime = (hour: number, minute: number): string | null =>
  hour > 23 || minute > 59 ? null : `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;

/** `7 a.m.`, `14:30`, `noon` as `07:00`, `14:30`, `12:00`. */
export const readTimeOfDay = (words: string): string | null => {
  if (/\bnoon\b/iu.test(words)) return '12:00';
  if (/\bmidnight\b/iu.test(words)) return '00:00';
  const [, hour, minute = '0', half = '', plainHour, plainMinute] = CLOCK.exec(words) ?? [];
  if (plainHour !== undefined) return toTime(Number(plainHour), Number(plainMinute));
  if (hour === undefined) return null;
  const isAfternoon = half.toLowerCase().startsWith('p');
  const isMorning = half.toLowerCase().startsWith('a');
  const hours = Number(hour) % (isAfternoon || isMorning ? 12 : 24);
  return toTime(isAfternoon ? hours + 12 : hours, Number(minute));
};
