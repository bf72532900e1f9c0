/** Which activity a place in the text speaks of. */
import type { ProcessActivity, Span } from '../process-model.ts';

/** Activities in the order of the text, as the analyser numbers them. */
export type PlacedActivities = readonly Pick<ProcessActivity, 'id' | 'span'>[];

/** Index of the first activity that starts at `start` or later. */
const firstFrom = (activities: PlacedActivities, start: number): number => {
  let [low, high] = [0, activities.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((activities[middle]?.span.start ?? 0) < start) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** The last activity inside `span` that starts before `at`, else the first one inside. */
export const activityInside = (activities: PlacedActivities, span: Span, at: number): string | null => {
  const inside = activities.slice(firstFrom(activities, span.start), firstFrom(activities, span.end));
  return (inside.findLast((activity) => activity.span.start < at) ?? inside[0])?.id ?? null;
};

/** The first activity inside `span`, else the next one in the text. */
export const activityFrom = (activities: PlacedActivities, span: Span): string | null =>
  activities[firstFrom(activities, span.start)]?.id ?? null;
