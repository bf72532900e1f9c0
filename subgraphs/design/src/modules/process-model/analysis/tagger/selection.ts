/** The best set of segments that do not overlap. */
import { LABEL_COUNT, maxWords } from './labels.ts';
import { segmentIndex } from './lattice.ts';
import type { Segment } from './lattice.ts';

/** The set with the greatest sum of gains, which are laid out as `segmentIndex` says; what gains nothing is left out. */
export const selectSegments = (length: number, gains: Float64Array): readonly Segment[] => {
  const best = new Float64Array(length + 1);
  const chosen: (Segment | undefined)[] = [];
  const consider = (segment: Segment): void => {
    const { label, first, end } = segment;
    const gain = gains[segmentIndex(first, end - first, label)] ?? 0;
    if (gain <= 0 || (best[first] ?? 0) + gain <= (best[end] ?? 0)) return;
    best[end] = (best[first] ?? 0) + gain;
    chosen[end] = segment;
  };
  for (let end = 1; end <= length; end += 1) {
    best[end] = best[end - 1] ?? 0;
    for (let label = 0; label < LABEL_COUNT; label += 1)
      for (let words = 1; words <= Math.min(maxWords(label), end); words += 1)
        consider({ label, first: end - words, end });
  }
  const segments: Segment[] = [];
  let end = length;
  while (end > 0) {
    const segment = chosen[end];
    if (segment === undefined) end -= 1;
    else {
      segments.unshift(segment);
      end = segment.first;
    }
  }
  return segments;
};
