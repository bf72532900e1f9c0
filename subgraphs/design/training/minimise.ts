/** Limited-memory BFGS for smooth convex functions of many weights. */

export interface Evaluation {
  readonly value: number;
  readonly gradient: Float64Array;
}

export interface MinimiseOptions {
  readonly iterations: number;
  /** Ends when an iteration lowers the value by less than this share of it. */
  readonly tolerance: number;
}

const HISTORY = 8;
const SUFFICIENT = 1e-4;
const MAX_HALVINGS = 20;

const dot = (left: Float64Array, right: Float64Array): number => {
  let sum = 0;
  for (let at = 0; at < left.length; at += 1) sum += (left[at] ?? 0) * (right[at] ?? 0);
  return sum;
};

/** left + factor * right */
const plus = (left: Float64Array, factor: number, right: Float64Array): Float64Array => {
  const sum = new Float64Array(left.length);
  for (let at = 0; at < left.length; at += 1) sum[at] = (left[at] ?? 0) + factor * (right[at] ?? 0);
  return sum;
};

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly scale: number;
}

const directionOf = (gradient: Float64Array, pairs: readonly Pair[]): Float64Array => {
  let direction: Float64Array = gradient.map((value) => -value);
  const factors: number[] = [];
  for (const pair of pairs.toReversed()) {
    const factor = pair.scale * dot(pair.step, direction);
    factors.unshift(factor);
    direction = plus(direction, -factor, pair.change);
  }
  const last = pairs.at(-1);
  if (last !== undefined) {
    const size = 1 / (last.scale * dot(last.change, last.change));
    direction = direction.map((value) => value * size);
  }
  pairs.forEach((pair, index) => {
    const factor = (factors[index] ?? 0) - pair.scale * dot(pair.change, direction);
    direction = plus(direction, factor, pair.step);
  });
  return direction;
};

export const minimise = (
  start: Float64Array,
  evaluate: (weights: Float64Array) => Evaluation,
  { iterations, tolerance }: MinimiseOptions,
): Float64Array => {
  let weights = start;
  let here = evaluate(weights);
  const pairs: Pair[] = [];
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    const direction = directionOf(here.gradient, pairs);
    const slope = dot(here.gradient, direction);
    if (slope >= 0) return weights;
    let step = pairs.length === 0 ? 1 / Math.sqrt(-slope) : 1;
    let next = plus(weights, step, direction);
    let there = evaluate(next);
    for (let halving = 0; there.value > here.value + SUFFICIENT * step * slope; halving += 1) {
      if (halving === MAX_HALVINGS) return weights;
      step /= 2;
      next = plus(weights, step, direction);
      there = evaluate(next);
    }
    const change = plus(there.gradient, -1, here.gradient);
    const moved = plus(next, -1, weights);
    const curvature = dot(change, moved);
    if (curvature > 1e-10) {
      pairs.push({ step: moved, change, scale: 1 / curvature });
      if (pairs.length > HISTORY) pairs.shift();
    }
    const gain = here.value - there.value;
    weights = next;
    here = there;
    if (gain < tolerance * Math.abs(here.value)) return weights;
  }
  return weights;
};
