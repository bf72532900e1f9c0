import type { Clock } from '@flowgrid/platform';

/** A clock that stands until a test moves it. */
export class ManualClock implements Clock {
  #now = new Date('2026-01-01T00:00:00Z').getTime();

  now(): Date {
    return new Date(this.#now);
  }

  advance(ms: number): void {
    this.#now += ms;
  }
}
