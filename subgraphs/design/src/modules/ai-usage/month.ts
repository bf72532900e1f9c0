/** Calendar months in UTC, by which budgets count. */

export interface Month {
  /** `2026-11`. */
  readonly name: string;
  readonly start: Date;
  /** Exclusive: when the next one begins. */
  readonly end: Date;
}

export function monthOf(at: Date): Month {
  return monthFrom(at.getUTCFullYear(), at.getUTCMonth());
}

/** Null for what is no month. */
export function parseMonth(text: string): Month | null {
  const [, year, month] = /^(\d{4})-(0[1-9]|1[0-2])$/u.exec(text) ?? [];
  return year === undefined || month === undefined ? null : monthFrom(Number(year), Number(month) - 1);
}

function monthFrom(year: number, index: number): Month {
  const start = new Date(Date.UTC(year, index));
  // Date.UTC reads years below 100 as of the last century.
  start.setUTCFullYear(year);
  const end = new Date(start);
  end.setUTCMonth(index + 1);
  return { name: start.toISOString().slice(0, 7), start, end };
}

const LONG_MONTH = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });
const LONG_DAY = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
});

/** `November 2026`. */
export const inWords = (month: Month): string => LONG_MONTH.format(month.start);
/** `1 December 2026`. */
export const renewalInWords = (month: Month): string => LONG_DAY.format(month.end);
