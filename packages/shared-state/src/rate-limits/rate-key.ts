import { escapePart } from '../cache/entry.ts';

/** One counter per key and window length: two limits on one key do not share what was taken. */
export function rateKey(parts: readonly string[], windowSeconds: number): string {
  return ['rate', ...parts.map(escapePart), String(windowSeconds)].join(':');
}
