/** The figures that the benches report. */

/** The value below which the share lies, between 0 and 1; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
