/** The time that a piece of work of a test has. */
const WORK_MS = 10_000;

export const until = (): AbortSignal => AbortSignal.timeout(WORK_MS);

const BEGINNING = Date.parse('2026-03-01T10:00:00.000Z');
const MINUTE_MS = 60_000;

/** A time in the past, in minutes from a fixed one. */
export const minute = (count: number): Date => new Date(BEGINNING + count * MINUTE_MS);
